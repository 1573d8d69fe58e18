-- history_buckets: count how long attempts waited and ran, in the history of the hour (history_counts.lua): by powers of two. Bucket 0
-- is below 1 ms, bucket n from 2^(n-1) ms to 2^n ms, the last one has what is longer.
local TIMES, TENS = 4, 308

local function bucket_of(ms)
  local _, exponent = math.frexp(math.max(ms, 0))
  return math.min(math.max(exponent, 0), 31)
end

-- Since when a job has been ready: when it was due, else when it was submitted.
local function ready_at(state, text, body)
  if state.run_at then return state.run_at end
  local _, ending = find(text, '"created_at":', body, true)
  return ending and text:match("^%d+", ending + 1) or nil
end

-- Counts the attempt of a group that settle gets. `state` is the one that the job had while it ran.
local function tally_times(now, group, state, text, body)
  local started_at, ready = group.started_at or state.started_at, ready_at(state, text, body)
  if not (started_at and ready) then return end
  local wait, run = bucket_of(tonumber(started_at) - tonumber(ready)), 32 + bucket_of(tonumber(now) - tonumber(started_at))
  for _, counter in ipairs({ wait, run }) do
    add_one(TIMES + counter)
    add_one(TENS + math.floor(minute_of(now) / 10) * 64 + counter)
  end
end
