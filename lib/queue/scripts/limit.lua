-- limit: count jobs against a caller's allowance, evenly spread over the period (GCRA).
--
-- KEYS[1] queue      string  the stem of all keys
-- KEYS[2] allowance  string  when the caller's allowance will be whole again: "ms:n", that is ms + n/allowed
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] allowed    int     jobs in a period; they may come all together
-- ARGV[3] periodMs   int
-- ARGV[4] jobs       int     to count, all or none; at most `allowed`
--
-- MOVES    nothing
-- RETURNS  ms to wait; 0 where they are allowed
-- COSTS    3: TIME, GET, SET; 2 where they are refused
-- REPLAY   counts the jobs twice: a caller whose reply was lost pays for both
local now_given, allowed, period_ms, jobs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

-- Only whole numbers: a fraction that is rounded up seven times would refuse the last of seven jobs.
local now = tonumber(clock(now_given))
local ms, n = (redis.call("GET", allowance) or ""):match("^(%d+):(%d+)$")
ms, n = tonumber(ms or now), tonumber(n or 0)
if ms < now then ms, n = now, 0 end
n = n + period_ms * jobs
ms, n = ms + math.floor(n / allowed), n % allowed

local wait_ms = ms - now - period_ms + (n > 0 and 1 or 0)
if wait_ms > 0 then return wait_ms end
redis.call("SET", allowance, string.format("%.0f:%.0f", ms, n), "PX", math.max(1, ms - now))
return 0
