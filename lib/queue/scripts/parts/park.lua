-- park: take ready jobs off their lists for a worker, but set those of paused tasks aside: each goes to a list of its task, in
-- order, and waits there until the task is resumed (unpark.lua). Its record stays as it is: it is pending, and spends nothing.
--
-- USES  leases  zset    job id -> lease expiry (ms)
--       parked  string  parked .. task is the key of a list: ids of ready jobs of a paused task
local MOST_PARKED = 1000

-- Sets the jobs of paused tasks aside. Returns the other ids, their records and where each list ends among them; or the error
-- where Redis refused, and everything is back in its list. The first `offered` ids are in `scheduled`, so they are not parked.
local function set_aside(ids, texts, last_of, offered, lists, pauses)
  local others, records, rank, pushes, others_end = {}, {}, {}, {}, {}
  for i, id in ipairs(ids) do
    local state, body = parse(texts[i])
    local task = i > offered and state and state.status == "pending" and task_of(texts[i], body)
    if task and pauses.of[task] then
      pushes[task] = pushes[task] or {}
      table.insert(pushes[task], id)
    else
      others[#others + 1], records[#others + 1] = id, texts[i]
    end
    rank[i] = #others
  end
  for task, held in pairs(pushes) do
    local refusal = refusal_of(try_to_grow(leases, "LPUSH", parked .. task, unpack(held)))
    if refusal then
      put_back(ids, last_of, 1, lists)
      return {}, {}, {}, refusal
    end
  end
  for list, last in pairs(last_of) do others_end[list] = rank[last] > 0 and rank[last] or nil end
  return others, records, others_end
end

-- Takes ids off the lists, as `pop` does, with their records. Where tasks are paused it goes on until it has a job of another task,
-- or has set a thousand aside. Returns ids, records, last_of and offered, whether there may be more, and Redis' refusal.
local function pop_runnable(count, lists, pauses)
  local most, looked = count, 0
  while true do
    local ids, last_of, offered = pop(most, lists)
    local texts, popped, refusal = read(keys_of(ids)), #ids, nil
    if #pauses.tasks > 0 then ids, texts, last_of, refusal = set_aside(ids, texts, last_of, offered, lists, pauses) end
    local may_be_more = popped == most or #ids > count
    looked = looked + popped
    if #ids > 0 or popped == 0 or refusal or looked >= MOST_PARKED then
      if #ids > count then put_back(ids, last_of, count + 1, lists) end
      for i = #ids, count + 1, -1 do ids[i], texts[i] = nil, nil end
      return ids, texts, last_of, math.min(offered, #ids), may_be_more, refusal
    end
    most = MOST_PARKED - looked
  end
end
