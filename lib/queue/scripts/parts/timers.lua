-- timers: keep count of the members of `scheduled` that are no jobs, so that they are not counted as jobs. They have a ':' in their
-- name: cron:… is a schedule, resume:… the end of a pause.
--
-- USES  counters  hash    timers -> how many there are; the rest are totals
local function count_timers(n)
  if n ~= 0 then redis.call("HINCRBY", counters, "timers", n) end
end
