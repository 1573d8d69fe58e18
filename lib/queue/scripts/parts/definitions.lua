-- definitions: read and change schedules. One is a field of the hash, its next slot is the score of `cron:` and its name in
-- `scheduled`. Names have no spaces, so fields with one are other things: what code declared (" code"), the slot and the job that
-- a schedule fired last ("last " and its name), until when it is paused ("paused " and its name; "-" without end).
--
-- USES  scheduled  zset    cron: .. name -> the next slot (ms)
--       asleep     string  ticks need not look before something is due
--       schedules  hash    name -> definition, which begins with its rev
local CODE = " code"

local function rev_of(json) return json and json:match('^{"rev":"([^"]+)"') or "" end
local function is_declared(json) return json:find('"source":"code"', 1, true) ~= nil end

-- Reads schedules, a thousand at a time: 2 commands. What one has not is false.
local function read_schedules(names)
  local found = {}
  for first = 1, #names, 1000 do
    local fields, members, last = {}, {}, math.min(first + 999, #names)
    for i = first, last do
      members[#members + 1] = "cron:" .. names[i]
      for _, field in ipairs({ names[i], "last " .. names[i], "paused " .. names[i] }) do fields[#fields + 1] = field end
    end
    local values, scores = redis.call("HMGET", schedules, unpack(fields)), redis.call("ZMSCORE", scheduled, unpack(members))
    for i, score in ipairs(scores) do
      local json, last_run, paused_until = unpack(values, 3 * i - 2, 3 * i)
      found[#found + 1] = { json = json, last_run = last_run, paused = paused_until, next = score and plus(score, 0) }
    end
  end
  return found
end

-- Says what may not have changed since it was read: "" where there is no schedule. lib/queue/schedule-store.ts says the same.
local function seen_of(entry)
  if not entry.json then return "" end
  return rev_of(entry.json) .. " " .. (entry.next or "-") .. " " .. (entry.paused or "+")
end

local function nothing() return { sets = {}, gone = {}, slots = {}, out = {} } end

-- Notes in `changes` what a schedule becomes. "" for `next` or `paused_until`: it has none.
local function change(changes, name, entry, json, next, paused_until)
  local sets, slots = changes.sets, changes.slots
  if json ~= entry.json then sets[#sets + 1], sets[#sets + 2] = name, json end
  if paused_until ~= "" then sets[#sets + 1], sets[#sets + 2] = "paused " .. name, paused_until end
  if paused_until == "" and entry.paused then table.insert(changes.gone, "paused " .. name) end
  if next ~= "" then slots[#slots + 1], slots[#slots + 2] = next, "cron:" .. name end
  if next == "" and entry.next then table.insert(changes.out, "cron:" .. name) end
end

local function forget(changes, name)
  for _, field in ipairs({ name, "last " .. name, "paused " .. name }) do table.insert(changes.gone, field) end
  table.insert(changes.out, "cron:" .. name)
end

-- Returns the sum of the replies.
local function in_pieces(command, key, values)
  local sum = 0
  for i = 1, #values, 4000 do sum = sum + redis.call(command, key, unpack(values, i, math.min(i + 3999, #values))) end
  return sum
end

-- Makes the changes: a command for each kind that there is, DEL where a schedule has got a slot, and HINCRBY where more or fewer have
-- one than before. The slots come first: where Redis refuses the definitions, a slot without one is forgotten, but a definition
-- without a slot would never run.
local function apply(changes)
  count_timers(in_pieces("ZADD", scheduled, changes.slots))
  if #changes.slots > 0 then redis.call("DEL", asleep) end
  in_pieces("HSET", schedules, changes.sets)
  in_pieces("HDEL", schedules, changes.gone)
  count_timers(-in_pieces("ZREM", scheduled, changes.out))
end
