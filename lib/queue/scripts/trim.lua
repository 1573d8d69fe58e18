-- trim: forget finished jobs that are too old, or too many.
--
-- KEYS[1] completed  zset    job id -> when it completed (ms)
-- KEYS[2] failed     zset    job id -> when it failed (ms)
-- KEYS[3] cancelled  zset    job id -> when it was cancelled (ms)
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] prefix     string  job key = prefix .. id
-- ARGV[3] limit      int     how many jobs to forget at most, of each kind
-- ARGV[4..] rules    int     ageMs, keep (how many at most), for completed, failed and cancelled in turn
--
-- MOVES    finished -> nothing
-- RETURNS  how many were forgotten of each kind: {completed, failed, cancelled}; a full limit means there may be more
-- COSTS    7: TIME, a ZRANGE and a ZCARD each; ZREM and UNLINK where there is something to forget
-- REPLAY   safe: forgets what is due then
local kinds = { KEYS[1], KEYS[2], KEYS[3] }
local now_given, prefix, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local rules = { unpack(ARGV, 4, 9) }

local now = tonumber(clock(now_given))
local answer = {}
for kind, finished in ipairs(kinds) do
  local age_ms, keep = tonumber(rules[kind * 2 - 1]), tonumber(rules[kind * 2])
  local oldest, excess = redis.call("ZRANGE", finished, 0, limit - 1, "WITHSCORES"), redis.call("ZCARD", finished) - keep
  local ids, keys = {}, {}
  for i = 1, #oldest, 2 do
    if #ids >= excess and tonumber(oldest[i + 1]) > now - age_ms then break end
    ids[#ids + 1] = oldest[i]
    for _, suffix in ipairs({ "", ":payload", ":result" }) do keys[#keys + 1] = prefix .. oldest[i] .. suffix end
  end
  if #ids > 0 then
    redis.call("UNLINK", unpack(keys))
    redis.call("ZREM", finished, unpack(ids))
  end
  answer[kind] = #ids
end
return answer
