-- limit: count a request against a caller's allowance, evenly spread over the period (GCRA).
--
-- KEYS[1] queue      string  the stem of all keys
-- KEYS[2] allowance  string  when the caller's allowance will be whole again: "ms:n", that is ms + n/requests
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] requests   int     allowed in a period, all at once if need be
-- ARGV[3] periodMs   int
--
-- MOVES    nothing
-- RETURNS  ms to wait; 0 where the request is allowed
-- COSTS    3: TIME, GET, SET
-- REPLAY   counts the request twice: a caller whose reply was lost pays for both
local now_given, requests, period_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

-- Whole numbers alone: a fraction that is rounded up seven times would refuse the last of seven requests.
local now = tonumber(clock(now_given))
local ms, n = (redis.call("GET", allowance) or ""):match("^(%d+):(%d+)$")
ms, n = tonumber(ms or now), tonumber(n or 0)
if ms < now then ms, n = now, 0 end
n = n + period_ms
ms, n = ms + math.floor(n / requests), n % requests

local wait_ms = ms - now - period_ms + (n > 0 and 1 or 0)
if wait_ms > 0 then return wait_ms end
redis.call("SET", allowance, string.format("%.0f:%.0f", ms, n), "PX", math.max(1, ms - now))
return 0
