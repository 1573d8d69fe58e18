-- ready: the lists of ready jobs, by priority; and the suspects, which were in a process that crashed.
--
-- USES high      list  ready ids of priority high
--      normal    list  ready ids of priority normal
--      low       list  ready ids of priority low
--      suspects  list  ready ids of jobs that run apart from others (take.lua)
--      leases    zset  job id -> lease expiry (ms)

local ready = { high = high, normal = normal, low = low }

local function list_of(state, text, body)
  return state.crashes and suspects or ready[priority_of(text, body)] or normal
end

-- Notes in `pushes` (list -> ids) that a job is to become ready.
local function add(pushes, id, state, text, body)
  local list = list_of(state, text, body)
  pushes[list] = pushes[list] or {}
  table.insert(pushes[list], id)
end

local function push(pushes)
  for list, ids in pairs(pushes) do grow(leases, "LPUSH", list, unpack(ids)) end
end
