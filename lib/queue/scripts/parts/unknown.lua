-- unknown: jobs whose task a worker did not know. Such a job waits in `scheduled`, and a list that is named by its task offers
-- it: a worker that knows the task takes it from there before it is due, whoever claims at all times beside it. An offer is a
-- hint, which may have come too late or be lost: when the job is due, all workers find it.
--
-- USES  scheduled  zset    job id -> when it may run (ms)
--       unknown    string  unknown .. task is the key of the list that offers the jobs of a task
local OFFERED_MS = 600000 -- longer than a job is given back for
local MOST_OFFERED = 1000 -- of each task; it is due again in about a minute

local function is_offer(list) return sub(list, 1, #unknown) == unknown end

-- Notes in `offers` (list -> ids) that a job waits for a worker that knows its task. A suspect is not offered: it runs apart.
local function add_offer(offers, id, state, text, body)
  local _, ending = find(text, '"task":"', body, true)
  local task = ending and text:match("^[%w_]+", ending + 1)
  if state.crashes or not task then return end
  offers[unknown .. task] = offers[unknown .. task] or {}
  table.insert(offers[unknown .. task], id)
end

-- With memory full this is a luxury. An offer that nobody takes expires.
local function offer(offers)
  for list, ids in pairs(offers) do
    local length = redis.pcall("LPUSH", list, unpack(ids))
    if not refusal_of(length) then
      if length > MOST_OFFERED then redis.call("LTRIM", list, 0, MOST_OFFERED - 1) end
      redis.call("PEXPIRE", list, OFFERED_MS)
    end
  end
end

-- Which of the first n ids still wait in `scheduled`, where a job is that is offered rightly.
local function waiting_of(ids, n)
  local waiting = {}
  if n == 0 then return waiting end
  for i, due_at in ipairs(redis.call("ZMSCORE", scheduled, unpack(ids, 1, n))) do waiting[ids[i]] = due_at end
  return waiting
end
