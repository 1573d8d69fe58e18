-- stretch: read on in a list of ready jobs. New ids come in on the left and the oldest leave on the right: when a marked job was
-- claimed, all that follow it were claimed too. When it was cancelled they were not, and another mark stands in for it. A job that
-- came back, at the left end, is no mark any more. A search walks the list, so only those marks are searched for whose records
-- say that they wait where they did: a made-up position costs no more than one that we gave.
--
-- USES  job       string  job .. id is the key of a record
-- TAKES list      string  the key of the list
--       position  string  marks: "a:when:id" go on after this one, "n:when:id" go on with this one, "g:0:id" go on after this
--                   one, which need not have a record; separated by spaces
--       count     int     how many ids
--       waits     table   list .. id -> since when it waits there
--
-- MOVES    nothing
-- RETURNS  the ids
-- COSTS    1: LRANGE; LPOS where it goes on, 2 at most
-- REPLAY   safe: reads only
local MOST_SEARCHES = 2

-- Says since when a pending job is ready.
local function since(state, text, body)
  return state.run_at or text:match('"created_at":(%d+)', body) or ""
end

-- Finds which marks of all lists still wait, and since when: list .. id -> when.
local function waiting(lists, places)
  local keys, ids, own, waits = {}, {}, {}, {}
  for i = 1, #places, 2 do
    if lists[places[i]] then
      for id in places[i + 1]:gmatch("%l:%d+:(%S+)") do
        keys[#keys + 1], ids[#ids + 1] = job .. id, id
        own[#ids] = places[i]:sub(1, 7) == "parked:" and lists[places[i]]
      end
    end
  end
  for i, text in ipairs(#keys > 0 and redis.call("MGET", unpack(keys)) or {}) do
    local state, body = parse(text)
    if state and state.status == "pending" then waits[(own[i] or list_of(state, text, body)) .. ids[i]] = since(state, text, body) end
  end
  return waits
end

local function stretch(list, position, count, waits)
  if position == "" then return redis.call("LRANGE", list, 0, count - 1) end
  local searches = 0
  for side, when, id in position:gmatch("(%l):(%d+):(%S+)") do
    if searches < MOST_SEARCHES and (side == "g" or waits[list .. id] == when) then
      searches = searches + 1
      local at = redis.call("LPOS", list, id)
      local from = at and (side == "n" and at or at + 1)
      if from then return redis.call("LRANGE", list, from, from + count - 1) end
    end
  end
  return {}
end
