-- unpark: put the parked jobs of tasks that are being resumed back to the front of their lists, in order. The newest goes
-- first, so the oldest is in front of all in the end. What does not fit into one run is left to the next claim, and no claim
-- takes a job before all are back: so a crash on the way changes no order.
--
-- USES  leases   zset   job id -> lease expiry (ms)
--       parked   string parked .. task is the key of a list: ids of ready jobs of a paused task
-- TAKES pauses   table  as read_pauses gave it; a task with nothing left is taken out
--       missing  table  gets the ids that were parked, but have no record, or one that says that the job is elsewhere
--
-- MOVES    parked -> ready list; at most 1,000 jobs
-- RETURNS  whether parked jobs are left of a task that is being resumed
-- COSTS    0; for each task that is being resumed LRANGE, and if jobs are parked 3 and one a list: MGET, LTRIM, RPUSH; SET or
--          DEL where a task is done
-- REPLAY   goes on
local MOST_UNPARKED = 1000

-- Moves at most this many jobs of one task. Returns how many, and whether there are more.
local function unpark_task(task, most, missing)
  local ids, pushes = redis.call("LRANGE", parked .. task, 0, most), {}
  local has_more = #ids > most
  if has_more then ids[#ids] = nil end
  if #ids == 0 then return 0, has_more end
  for i, text in ipairs(read(keys_of(ids))) do
    local state, body = parse(text)
    if state and state.status == "pending" then add(pushes, ids[i], state, text, body) else missing[#missing + 1] = ids[i] end
  end
  for list, back in pairs(pushes) do grow(leases, "RPUSH", list, unpack(back)) end
  redis.call("LTRIM", parked .. task, #ids, -1)
  return #ids, has_more
end

local function unpark(pauses, missing)
  local room, still, is_left, has_changed = MOST_UNPARKED, {}, false, #pauses.ended > 0
  for _, each in ipairs(pauses.tasks) do
    local is_done = false
    if each.until_ms == "+" then
      local moved, has_more = unpark_task(each.task, room, missing)
      room, is_done, is_left = room - moved, not has_more, is_left or has_more
    end
    if is_done then pauses.of[each.task], has_changed = nil, true else still[#still + 1] = each end
  end
  pauses.tasks = still
  if has_changed then write_pauses(pauses) end
  return is_left
end
