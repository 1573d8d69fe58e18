-- arrive: put jobs whose attempts ended into their new places.
--
-- USES  scheduled    zset    job id -> when it may run (ms)
--       leases       zset    job id -> lease expiry (ms)
--       asleep       string  set while ticks need not look (sleep.lua)
-- TAKES zsets        table   zset -> score, id …
--       back         table   list -> the ids that return to its front
--       asleepUntil  string  as the key stands, false where there is none
--
-- MOVES    into completed, failed, scheduled and ready lists
-- RETURNS  nothing
-- COSTS    ZADD a zset, RPUSH a list; DEL where ticks sleep and a job is due later
-- REPLAY   its script does not call it again for the same jobs
local function arrive(zsets, back, asleep_until)
  for zset, members in pairs(zsets) do
    if #members > 0 then grow(leases, "ZADD", zset, unpack(members)) end
  end
  if #zsets[scheduled] > 0 and asleep_until then redis.call("DEL", asleep) end
  for list, ids in pairs(back) do grow(leases, "RPUSH", list, unpack(ids)) end
end
