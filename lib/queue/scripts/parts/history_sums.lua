-- history_sums: read the strings of the history, and add them up (history_counts.lua has what they hold).

local HEAD = 68 -- how many counters sum up the hour, or the day

-- Adds the first `most` counters of a string to sums, by counter. Most are 0, and stay absent.
local function add_counters(sums, text, most)
  for counter = 0, math.min(most, #text / 4) - 1 do
    local a, b, c, d = text:byte(counter * 4 + 1, counter * 4 + 4)
    local n = ((a * 256 + b) * 256 + c) * 256 + d
    if n > 0 then sums[counter] = (sums[counter] or 0) + n end
  end
  return sums
end
