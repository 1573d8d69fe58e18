-- fire: submit the jobs of due slots, and move their schedules on, a whole batch in one call. Fenced: a slot is fired only while its
-- schedule still waits for it, under the definition that it was planned with.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         scheduled  zset    job id -> when it may run (ms); cron: .. name -> the next slot (ms)
--         schedules  hash    name -> definition; "last " .. name -> the slot and the job that it fired last
--         job        string  job .. id is the key of a record
-- ARGV[1..] sent     string  at most 100 schedules and 100 slots, in groups: see parts/slots.lua
--
-- MOVES    nothing -> pending
-- RETURNS  a word for each slot: "fired"; "overlapped" where an earlier job has not finished; "lost" where another worker has fired
--          it, or the schedule is not as it was. {"refused", why} where Redis refused: nothing has changed
-- COSTS    1 where all are lost: ZMSCORE. Else 7, however many slots: ZMSCORE, HMGET, MGET, MSET, LPUSH a priority, ZADD, HSET;
--          ZREM and HINCRBY where a schedule has no next slot
-- REPLAY   "lost", and nothing changes: the schedules have moved on
local sent = ARGV

local groups, members = read_slots(sent)
local answer, live, fields, keys = {}, {}, {}, {}
for i, score in ipairs(redis.call("ZMSCORE", scheduled, unpack(members))) do
  local group = groups[i]
  for _ = 1, #group.slots do answer[#answer + 1] = "lost" end
  if score and plus(score, 0) == group.slot then
    live[#live + 1] = group
    fields[#fields + 1], fields[#fields + 2] = group.name, "last " .. group.name
  end
end
if #live == 0 then return answer end

local values = redis.call("HMGET", schedules, unpack(fields))
for i, group in ipairs(live) do
  group.is_ours = rev_of(values[2 * i - 1]) == group.rev
  group.last_id = group.skips and values[2 * i] and values[2 * i]:match(" (%S+)$")
  if group.is_ours then
    for _, slot in ipairs(group.slots) do keys[#keys + 1] = job .. slot.id end
    if group.last_id and #group.slots > 0 then keys[#keys + 1] = job .. group.last_id end
  end
end
local records = {}
for i, text in ipairs(#keys > 0 and redis.call("MGET", unpack(keys)) or {}) do records[keys[i]] = text end

local writes, pushes, places, gone, lasts = {}, {}, {}, {}, {}
for _, group in ipairs(live) do
  local before = group.last_id and parse(records[job .. group.last_id])
  local is_running, last = before and (before.status == "pending" or before.status == "processing"), nil
  for _, slot in ipairs(group.is_ours and group.slots or {}) do
    if not records[job .. slot.id] then
      answer[slot.number] = is_running and "overlapped" or "fired"
      if not is_running then last = add_slot(slot, writes, pushes, places) end
      is_running = is_running or group.skips
    end
  end
  if last then lasts[#lasts + 1], lasts[#lasts + 2] = "last " .. group.name, last end
  if group.is_ours and group.next ~= "" then places[#places + 1], places[#places + 2] = group.next, "cron:" .. group.name end
  if group.is_ours and group.next == "" then gone[#gone + 1] = "cron:" .. group.name end
end

local refusal = write_slots(writes, pushes, places)
if refusal then return { "refused", refusal } end
if #lasts > 0 then redis.pcall("HSET", schedules, unpack(lasts)) end
if #gone > 0 then count_timers(-redis.call("ZREM", scheduled, unpack(gone))) end
return answer
