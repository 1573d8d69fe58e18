-- new_jobs: read the jobs that submit gets, and plan what to write for them.
--
-- A job is 4 arguments: its id, its record as of a job that may run immediately, its place, and its payload ("": none, or in the
-- record). A place is a priority. Up to three words follow it where the job is delayed, expires or has a unique key:
--   when     "+ms" from now, "ms" an instant, "-" now
--   expires  how long it may wait for its first attempt: "ms" from now, "+ms" from when it may run, "-" any time
--   unique   "f:hash", "s:hash" or "t:hash:ms" (unique_keys.lua)
--
-- USES  high     list    ready ids of priority high
--       normal   list    ready ids of priority normal
--       low      list    ready ids of priority low
--       unique   string  unique .. hash is a unique key
--       job      string  job .. id is the key of a record
--       PAYLOAD  string  job .. id .. PAYLOAD is the key of a payload that does not lie in the record
-- TAKES sent     table   the arguments
--       start    int     where the first job begins
--       nowGiven string  ms since the epoch; "" takes the server's clock, read only when a job is delayed or expires
-- RETURNS the jobs; the time where it was read; the keys of their records, then their unique keys; and whether two of them have the
--         same one. A job with a unique key has `hash`, `mode`, and `first`, the job before it that has the same key
local ready = { high = high, normal = normal, low = low }

-- Reads the words of a place. Returns the time where it was read.
local function put_in_place(new, place, now, now_given)
  local priority, when, expires_ms, held = place:match("^(%l+) (%S+) (%S+) ?(%S*)$")
  new.list = ready[priority]
  new.mode, new.hash, new.ms = held:match("^(%l:)([^:]+):?(%d*)$")
  if when == "-" and expires_ms == "-" then return now end
  now = now or clock(now_given)
  if when ~= "-" then
    local run_at = when:sub(1, 1) == "+" and plus(now, when:sub(2)) or when
    if tonumber(run_at) > tonumber(now) then new.run_at = run_at end
  end
  local state, body = parse(new.record)
  local counts_from = expires_ms:sub(1, 1) == "+" and new.run_at or now
  local changes = { run_at = new.run_at, expires_at = expires_ms ~= "-" and plus(counts_from, expires_ms) or nil }
  new.record = head_of(changed(state, changes)) .. new.record:sub(body)
  return now
end

local function read_new_jobs(sent, start, now_given)
  local jobs, now, firsts, taken, has_rivals = {}, nil, {}, {}, false
  for i = start, #sent, 4 do
    local id, record, place, payload = sent[i], sent[i + 1], sent[i + 2], sent[i + 3]
    local new = { id = id, key = job .. id, record = record, list = ready[place], payload = payload }
    if not new.list then now = put_in_place(new, place, now, now_given) end
    jobs[#jobs + 1], taken[#taken + 1] = new, new.key
  end
  for _, new in ipairs(jobs) do
    if new.hash then
      new.first, taken[#taken + 1] = firsts[new.hash], unique .. new.hash
      firsts[new.hash], has_rivals = new.first or new, has_rivals or new.first ~= nil
    end
  end
  return jobs, now, taken, has_rivals
end

-- Plans what is written for jobs, all but those that conflict or are known: key, value … for MSET; what goes into `scheduled`
-- (score, id …); what is pushed (list -> ids); and the unique keys that expire (key, ms …).
local function plan_of(jobs)
  local writes, due, pushes, expiring = {}, {}, {}, {}
  for _, new in ipairs(jobs) do
    if not new.first and not new.holder and not new.text then
      if new.run_at then due[#due + 1], due[#due + 2] = new.run_at, new.id end
      if not new.run_at then
        pushes[new.list] = pushes[new.list] or {}
        table.insert(pushes[new.list], new.id)
      end
      writes[#writes + 1], writes[#writes + 2] = new.key, new.record
      if new.payload ~= "" then writes[#writes + 1], writes[#writes + 2] = new.key .. PAYLOAD, new.payload end
      if new.hash then writes[#writes + 1], writes[#writes + 2] = unique .. new.hash, new.mode .. new.id end
      if new.mode == "t:" then expiring[#expiring + 1], expiring[#expiring + 2] = unique .. new.hash, new.ms end
    end
  end
  return writes, due, pushes, expiring
end
