-- trim: forget finished jobs that are too old, or too many.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         completed  zset    job id -> when it completed (ms)
--         failed     zset    job id -> when it failed (ms)
--         cancelled  zset    job id -> when it was cancelled (ms)
--         job        string  job .. id is the key of a record; with each of the following a key of what belongs to it:
--         PAYLOAD    string
--         RESULT     string
--         ERROR      string
--         FIRST_ERROR string
--         LOG        string
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] limit      int     how many jobs to forget at most, of each kind
-- ARGV[3..] rules    int     ageMs, keep (how many at most), for completed, failed and cancelled in turn
--
-- MOVES    finished -> nothing
-- RETURNS  how many were forgotten of each kind: {completed, failed, cancelled}; a full limit means there may be more
-- COSTS    7: TIME, a ZRANGE and a ZCARD each; ZREM and UNLINK where there is something to forget
-- REPLAY   safe: forgets what is due then
local now_given, limit, rules = ARGV[1], tonumber(ARGV[2]), { unpack(ARGV, 3, 8) }

local now = tonumber(clock(now_given))
local answer = {}
for kind, finished in ipairs({ completed, failed, cancelled }) do
  local age_ms, keep = tonumber(rules[kind * 2 - 1]), tonumber(rules[kind * 2])
  local oldest, excess = redis.call("ZRANGE", finished, 0, limit - 1, "WITHSCORES"), redis.call("ZCARD", finished) - keep
  local ids, keys = {}, {}
  for i = 1, #oldest, 2 do
    if #ids >= excess and tonumber(oldest[i + 1]) > now - age_ms then break end
    ids[#ids + 1] = oldest[i]
    for _, suffix in ipairs({ "", PAYLOAD, RESULT, ERROR, FIRST_ERROR, LOG }) do keys[#keys + 1] = job .. oldest[i] .. suffix end
  end
  if #ids > 0 then
    redis.call("UNLINK", unpack(keys))
    redis.call("ZREM", finished, unpack(ids))
  end
  answer[kind] = #ids
end
return answer
