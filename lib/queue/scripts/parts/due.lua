-- due: make jobs ready whose time has come, and find what else is due.
--
-- USES  scheduled  zset   job id -> when it may run (ms). A member with a ':' is no job, and stays where it is
-- TAKES now        int    ms since the epoch
--       limit      int    how many due ids to move, and how many due names to find
--       missing    table  gets the ids that were due, but have no record, or one that says that the job is elsewhere
--       dueNames   table  gets the due members with a ':', each followed by when it was due: name, ms …
--
-- MOVES    scheduled -> ready list
-- RETURNS  when the next job is due (ms), or a name that is not due yet; nil where there is none
-- COSTS    1: ZRANGE; where jobs are due 2 more, MGET and ZREM, and one LPUSH a priority. One more ZRANGE for each thousand
--          due names ahead of the due jobs
-- REPLAY   moves what is due then
local PAGE = 1000

-- Looks for due jobs behind any number of due names, which others must take away: a job does not wait for that.
local function due_ids(now, limit, due_names)
  local ids, from, last = {}, 0, limit
  while true do
    local entries = redis.call("ZRANGE", scheduled, from, last, "WITHSCORES")
    for i = 1, #entries, 2 do
      local name, at = entries[i], plus(entries[i + 1], 0)
      local is_job = not find(name, ":", 1, true)
      if tonumber(at) > tonumber(now) or (is_job and #ids == limit) then return ids, at end
      if is_job then
        ids[#ids + 1] = name
      elseif #due_names < 2 * limit then
        due_names[#due_names + 1], due_names[#due_names + 2] = name, at
      end
    end
    if #entries < 2 * (last - from + 1) then return ids, nil end
    from, last = last + 1, last + PAGE
  end
end

local function due(now, limit, missing, due_names)
  local ids, next_due = due_ids(now, limit, due_names)
  if #ids == 0 then return next_due end
  local pushes = {}
  for i, text in ipairs(read(keys_of(ids))) do
    local state, body = parse(text)
    if state and state.status == "pending" then add(pushes, ids[i], state, text, body) else missing[#missing + 1] = ids[i] end
  end
  push(pushes)
  redis.call("ZREM", scheduled, unpack(ids))
  return next_due
end
