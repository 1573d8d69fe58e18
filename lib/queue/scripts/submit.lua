-- submit: accept one or many jobs, all or none, and say whether a worker must be woken for them.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         high       list    ready ids of priority high
--         normal     list    ready ids of priority normal
--         low        list    ready ids of priority low
--         scheduled  zset    job id -> when it may run (ms)
--         wake       string  a wake-up is in flight
--         asleep     string  set while ticks need not look (parts/sleep.lua)
--         job        string  job .. id is the key of a record
--         PAYLOAD    string  job .. id .. PAYLOAD is the key of a payload that does not lie in the record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock, read only when a job is delayed or expires
-- ARGV[2] wakeMs     int     how long a wake-up may be in flight
-- ARGV[3] soonMs     int     a job due within this wakes a worker, which then waits for it
-- ARGV[4] maxWaiting int     the most that may wait in each place they go to; 0: any number
-- ARGV[5..] jobs     string  id, record as of a job that may run immediately, place, payload ("" none, or in the record) …
--                            A place is a priority. Where the job is delayed or expires, two words follow it: when it may run
--                            ("+ms" from now, "ms" an instant, "-" now), and how long it may wait for its first attempt ("ms", "-")
--
-- MOVES    nothing -> pending
-- RETURNS  {"accepted", wake}, {"full", 0} or {"exists", wake, record …} ("" for an id that has none); wake 1: invoke a worker
-- COSTS    2 to 6: MSETNX, LPUSH a priority, SET where a list was empty or a job is due soon, TIME, ZADD and DEL where one is
--          delayed. With maxWaiting
--          1 more for each place: LLEN a priority, ZCARD; where one is full, EXISTS
-- REPLAY   changes nothing: MSETNX refuses. Answers "exists" with the records; the caller knows its own by the id.
--          Wakes again while the flag is its own, or gone though a job still waits: the first answer was lost too long ago
local now_given, wake_ms, soon_ms, max_waiting, jobs = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV

local ready = { high = high, normal = normal, low = low }
local first_id, now = jobs[5], nil
local writes, record_keys, due, pushes, soon = {}, {}, {}, {}, false
for i = 5, #jobs, 4 do
  local id, record, place, payload = jobs[i], jobs[i + 1], jobs[i + 2], jobs[i + 3]
  local key, list, run_at = job .. id, ready[place], nil
  if not list then
    local priority, when, expires_ms = place:match("^(%l+) (%S+) (%S+)$")
    list, now = ready[priority], now or clock(now_given)
    if when ~= "-" then run_at = when:sub(1, 1) == "+" and plus(now, when:sub(2)) or when end
    if run_at and tonumber(run_at) <= tonumber(now) then run_at = nil end
    local state, body = parse(record)
    local changes = { run_at = run_at, expires_at = expires_ms ~= "-" and plus(now, expires_ms) or nil }
    record = head_of(changed(state, changes)) .. record:sub(body)
  end
  if run_at then
    due[#due + 1], due[#due + 2] = run_at, id
    soon = soon or tonumber(run_at) - tonumber(now) <= soon_ms
  else
    pushes[list] = pushes[list] or {}
    table.insert(pushes[list], id)
  end
  record_keys[#record_keys + 1] = key
  writes[#writes + 1], writes[#writes + 2] = key, record
  if payload ~= "" then writes[#writes + 1], writes[#writes + 2] = key .. PAYLOAD, payload end
end

if max_waiting > 0 then
  local is_full = #due > 0 and redis.call("ZCARD", scheduled) + #due / 2 > max_waiting
  for list, ids in pairs(pushes) do is_full = is_full or redis.call("LLEN", list) + #ids > max_waiting end
  if is_full and redis.call("EXISTS", unpack(record_keys)) == 0 then return { "full", 0 } end
end

if redis.call("MSETNX", unpack(writes)) == 0 then
  local flag, records = redis.call("GET", wake), redis.call("MGET", unpack(record_keys))
  local answer, waits = { "exists", 0 }, false
  for i, record in ipairs(records) do
    local state = parse(record)
    answer[i + 2] = state and record or ""
    if state and state.status == "pending" and not waits then
      now = now or clock(now_given)
      waits = not state.run_at or tonumber(state.run_at) - tonumber(now) <= soon_ms
    end
  end
  if flag == first_id or (waits and not flag) then answer[2] = 1 end
  return answer
end

local was_empty, refusal = false, nil
local function try(...)
  local reply = redis.pcall(...)
  if type(reply) == "table" then refusal = reply end
  return reply
end
for list, ids in pairs(pushes) do was_empty = try("LPUSH", list, unpack(ids)) == #ids or was_empty end
if #due > 0 and try("ZADD", scheduled, unpack(due)) then redis.call("DEL", asleep) end
if refusal then -- a list or the database is full: nothing was accepted. Claims drop an id without a record
  for i = 1, #writes, 2 do redis.call("UNLINK", writes[i]) end
  return refusal
end

local must_wake = (was_empty or soon) and redis.call("SET", wake, first_id, "NX", "PX", wake_ms)
return { "accepted", must_wake and 1 or 0 }
