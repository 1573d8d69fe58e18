-- clock: instants, in ms since the epoch, as text. Lua would print a number this long as 1.79e+12.

-- Reads the server's clock, unless a test injects another.
local function clock(injected)
  if injected ~= "" then return injected end
  local time = redis.call("TIME")
  return string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
end

local function plus(instant, ms) return string.format("%.0f", tonumber(instant) + tonumber(ms)) end
