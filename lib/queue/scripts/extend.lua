-- extend: keep running jobs leased, note their progress, and learn which ones are no longer ours.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         leases     zset    job id -> lease expiry (ms)
--         job        string  job .. id is the key of a record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] leaseMs    int     from now
-- ARGV[3..] held     string  id, token, startedAt (when the attempt began, ms; "" as the record says),
--                            progress ("" as it was, else '"progress":42,' or '"progress":42,"note":"…",') …
--
-- MOVES    nothing; processing stays processing. A job that was cancelled and put back may run immediately
-- RETURNS  a word for each: "held"; "cancelled" or "lost" where the lease was no longer this token's
-- COSTS    3: TIME, MGET, ZADD; MSET where there is progress, another startedAt than the record's, or a worker is told that
--          its job was cancelled; ZADD where that was put back meanwhile
-- REPLAY   safe: the same leases get a slightly later expiry. A cancelled job that is to run again is "lost" the second time
local now_given, lease_ms, held = ARGV[1], ARGV[2], ARGV

local now = clock(now_given)
local expiry = plus(now, lease_ms)
local keys, answers, renewed, writes, due = {}, {}, {}, {}, {}
local latest = {} -- id -> state, where this call has changed it: an id may be named twice
for i = 3, #held, 4 do keys[#keys + 1] = job .. held[i] end

for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  local id, token, started_at, progress = unpack(held, i * 4 - 1, i * 4 + 2)
  local state, body = parse(text)
  if state and state.status == "processing" and state.token == token then
    answers[i] = "held"
    renewed[#renewed + 1], renewed[#renewed + 2] = expiry, id
    local changes = { progress = progress ~= "" and progress or nil, started_at = started_at ~= "" and started_at or nil }
    state = latest[id] or state
    if changes.progress or (changes.started_at or state.started_at) ~= state.started_at then
      latest[id] = changed(state, changes)
      writes[#writes + 1], writes[#writes + 2] = keys[i], head_of(latest[id]) .. text:sub(body)
    end
  elseif state and state.held_until and state.token == token then
    answers[i] = "cancelled"
    told(id, text, body, state, now, writes, due)
  else
    answers[i] = state and state.status == "cancelled" and "cancelled" or "lost"
  end
end

if #renewed > 0 then grow(leases, "ZADD", leases, unpack(renewed)) end
bring_forward(due)
if #writes > 0 then redis.call("MSET", unpack(writes)) end
return answers
