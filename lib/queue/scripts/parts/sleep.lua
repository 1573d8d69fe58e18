-- sleep: let ticks sleep until a worker should wait for what is due next. A script that adds to `scheduled` also removes `asleep`
-- (test/structure/sleep.test.ts), so a sleep never hides anything that is due. If one forgot to, the job is found when the sleep
-- ends: after sleepMs. Only fire need not: while a slot is due, nobody sleeps.
--
-- USES  asleep       string  the instant until which nothing is due (ms), while ticks need not look at `scheduled`
-- TAKES asleepUntil  string  as the key stands, false where there is none
--       nextDue      string  when the next thing is due (ms); nil where nothing is
--       now          int     ms since the epoch
--       lingerMs     int     a worker waits for what is due within this time, so ticks look again then
--       sleepMs      int     sleep for this long at most; 0: not at all
--
-- MOVES    nothing
-- RETURNS  nothing
-- COSTS    SET, once a sleep; nothing where nothing is due later
-- REPLAY   sleeps as long as it may then
local function sleep(asleep_until, next_due, now, linger_ms, sleep_ms)
  local for_ms = next_due and math.min(tonumber(next_due) - tonumber(now) - tonumber(linger_ms), tonumber(sleep_ms)) or 0
  if for_ms > 0 and asleep_until ~= next_due then note(asleep, next_due, string.format("%.0f", for_ms)) end
end
