-- unknown: jobs whose task a worker did not know. Such a job waits in `scheduled`, and a list that is named by its task offers
-- it: a worker that knows the task takes it from there before it is due, before any worker that does not know it can. An
-- offer is a hint, which may be out of date or lost: when the job is due, all workers find it.
--
-- USES  suspects   list    ready ids of jobs that run apart from others
--       scheduled  zset    job id -> when it may run (ms)
--       leases     zset    job id -> lease expiry (ms)
--       unknown    string  unknown .. task is the key of the list that offers the jobs of a task
--       job        string  job .. id is the key of a record
local OFFERED_MS = 660000 -- longer than a job is given back for, which is 601 s where LINGER_SECONDS is 600
local MOST_OFFERED = 1000 -- of each task; it is due again in about a minute

local function is_offer(list) return sub(list, 1, #unknown) == unknown end

-- Notes in `offers` (list -> ids) that a job waits for a worker that knows its task.
local function add_offer(offers, id, text, body)
  local task = task_of(text, body)
  if not task then return end
  offers[unknown .. task] = offers[unknown .. task] or {}
  table.insert(offers[unknown .. task], id)
end

-- Makes the offers. Where memory is full it makes none: the job runs without. An offer that nobody takes expires.
local function offer(offers)
  for list, ids in pairs(offers) do
    local length = redis.pcall("LPUSH", list, unpack(ids))
    if not refusal_of(length) then
      if length > MOST_OFFERED then redis.call("LTRIM", list, 0, MOST_OFFERED - 1) end
      redis.call("PEXPIRE", list, OFFERED_MS)
    end
  end
end

-- Finds which of the first n ids may be taken: those that still wait in `scheduled`. A suspect among them runs apart, so it only
-- becomes ready; returns whether there was one.
local function waiting_of(ids, n, texts, now)
  local waiting, back = {}, {}
  for i, due_at in ipairs(n > 0 and redis.call("ZMSCORE", scheduled, unpack(ids, 1, n)) or {}) do
    local id, state, body = ids[i], parse(due_at and texts[i])
    if waiting[id] == nil and state and state.status == "pending" and state.unknown_since then
      waiting[id] = not state.crashes
      if state.crashes then
        back[#back + 1] = id
        grow(leases, "LPUSH", suspects, id)
        grow(leases, "SET", job .. id, head_of(changed(state, { run_at = now })) .. sub(texts[i], body))
      end
    end
  end
  if #back > 0 then redis.call("ZREM", scheduled, unpack(back)) end
  return waiting, #back > 0
end
