-- extend: keep running jobs leased, note their progress, and learn which ones are no longer ours.
--
-- KEYS[1] leases     zset    job id -> lease expiry (ms)
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] prefix     string  job key = prefix .. id
-- ARGV[3] leaseMs    int     from now
-- ARGV[4..] held     string  id, token, progress ("" as it was, else '"progress":42,' or '"progress":42,"note":"…",') …
--
-- MOVES    nothing; processing stays processing
-- RETURNS  a word for each: "held"; "cancelled" or "lost" where the lease was no longer this token's
-- COSTS    3: TIME, MGET, ZADD; MSET where there is progress
-- REPLAY   safe: the same leases get a slightly later expiry
local leases = KEYS[1]
local now_given, prefix, lease_ms = ARGV[1], ARGV[2], ARGV[3]
local held = { unpack(ARGV, 4) }

local now = clock(now_given)
local expiry = plus(now, lease_ms)
local keys, answers, renewed, writes = {}, {}, {}, {}
for i = 1, #held, 3 do keys[#keys + 1] = prefix .. held[i] end

for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  local id, token, progress = unpack(held, i * 3 - 2, i * 3)
  local state, body = parse(text)
  if state and state.status == "processing" and state.token == token then
    answers[i] = "held"
    renewed[#renewed + 1] = expiry
    renewed[#renewed + 1] = id
    if progress ~= "" then
      writes[#writes + 1] = keys[i]
      writes[#writes + 1] = head_of(changed(state, { progress = progress })) .. text:sub(body)
    end
  else
    answers[i] = state and state.status == "cancelled" and "cancelled" or "lost"
  end
end

if #renewed > 0 then grow(leases, "ZADD", leases, unpack(renewed)) end
if #writes > 0 then redis.call("MSET", unpack(writes)) end
return answers
