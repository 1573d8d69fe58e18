-- slots: read the groups of slots that fire gets, and write their jobs. lib/queue/firing.ts writes the groups.
--
-- A group is 6 arguments and its slots:
--   name     of the schedule
--   slot     the slot that it waits for (ms)
--   rev      of the definition that its slots were planned with
--   next     the slot that it waits for from now on (ms); "" none
--   overlap  skip: no job while the one before has not finished; allow
--   count    how many slots follow: 5 arguments each, in order
--
-- A slot is its instant (ms), the job's id, its record, its place (a priority, and behind a space when it may run where that is later),
-- and its payload ("" none, or in the record).
--
-- USES  high       list    ready ids of priority high
--       normal     list    ready ids of priority normal
--       low        list    ready ids of priority low
--       scheduled  zset    job id -> when it may run (ms); cron: .. name -> the next slot (ms)
--       job        string  job .. id is the key of a record
--       PAYLOAD    string  job .. id .. PAYLOAD is the key of a payload that does not lie in the record
local LIST_OF = { high = high, normal = normal, low = low }

-- Returns the groups, each with those names, and the member of each in `scheduled`.
local function read_slots(sent)
  local groups, members, from, number = {}, {}, 1, 0
  while from < #sent do
    local name, slot, rev, next, overlap, count = unpack(sent, from, from + 5)
    local group = { name = name, slot = slot, rev = rev, next = next, skips = overlap == "skip", slots = {} }
    from = from + 6
    for i = 1, tonumber(count) do
      local at, id, record, place, payload = unpack(sent, from, from + 4)
      number, from = number + 1, from + 5
      group.slots[i] = { number = number, at = at, id = id, record = record, place = place, payload = payload }
    end
    groups[#groups + 1], members[#members + 1] = group, "cron:" .. name
  end
  return groups, members
end

-- Notes the job of a slot in `writes` (key, value …), and its place in `pushes` (list -> ids) or `places` (instant, member …). Returns
-- what the schedule keeps of it.
local function add_slot(slot, writes, pushes, places)
  local id, n = slot.id, #writes
  writes[n + 1], writes[n + 2] = job .. id, slot.record
  if slot.payload ~= "" then writes[n + 3], writes[n + 4] = job .. id .. PAYLOAD, slot.payload end
  local priority, run_at = slot.place:match("^(%l+) ?(%d*)$")
  if run_at ~= "" then
    places[#places + 1], places[#places + 2] = run_at, id
  else
    local list = LIST_OF[priority]
    pushes[list] = pushes[list] or {}
    table.insert(pushes[list], id)
  end
  return slot.at .. " " .. id
end

-- Writes all of it, or returns why Redis refused: then no job is there. Claims drop an id without a record.
local function write_slots(writes, pushes, places)
  local refusal
  local function try(...)
    local reply = not refusal and redis.pcall(...)
    if type(reply) == "table" and reply.err then refusal = reply.err end
  end
  if #writes > 0 then try("MSET", unpack(writes)) end
  for list, ids in pairs(pushes) do try("LPUSH", list, unpack(ids)) end
  if #places > 0 then try("ZADD", scheduled, unpack(places)) end
  for i = 1, refusal and #writes or 0, 2 do redis.call("UNLINK", writes[i]) end
  return refusal
end
