-- history_counts: count how jobs ended in the history of the hour. One string an hour holds counters of 32 bits; chart.lua reads
-- it, and roll.lua adds old hours to their days.
--
--  counter               counts, in this order
--    0 to   3  the hour   completed, failed, retried, cancelled
--    4 to  67  the hour   waits in 32 buckets, then runs in 32 (history_buckets.lua)
--   68 to 307  a minute   as the hour: 60 times 4
--  308 to 691  10 minutes as the hour: 6 times 64
--  692         the hour   all
--
-- USES  history  string  history .. hour is the key of an hour: hours since the epoch
local KINDS = { completed = 0, failed = 1, retry = 2, cancelled = 3 }
local MINUTES, ALL = 68, 692
local KEPT_MS = 2764800000 -- 32 days; roll.lua ends most hours sooner

local tallies, tallied = {}, 0 -- counter -> how many more

local function add_one(counter) tallies[counter] = (tallies[counter] or 0) + 1 end

local function minute_of(now) return math.floor(tonumber(now) / 60000) % 60 end

-- Counts the end of a job or an attempt: an outcome of settle, or "cancelled". Returns whether it is one that counts.
local function tally(outcome, now)
  local kind = KINDS[outcome]
  if not kind then return false end
  tallied = tallied + 1
  add_one(kind)
  add_one(MINUTES + minute_of(now) * 4 + kind)
  return true
end

-- Writes what was counted, with one command, and one more for the first of an hour. Where Redis refuses, jobs go on without.
local function write_history(now)
  if tallied == 0 then return end
  local key, changes = history .. string.format("%.0f", math.floor(tonumber(now) / 3600000)), {}
  tallies[ALL] = tallied
  for counter, n in pairs(tallies) do
    for _, word in ipairs({ "INCRBY", "u32", "#" .. counter, n }) do changes[#changes + 1] = word end
  end
  for _, word in ipairs({ "GET", "u32", "#" .. ALL }) do changes[#changes + 1] = word end
  local counts = redis.pcall("BITFIELD", key, unpack(changes))
  if not counts.err and counts[#counts] == tallied then redis.pcall("PEXPIRE", key, KEPT_MS) end
end
