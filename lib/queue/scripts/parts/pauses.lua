-- pauses: what is paused. The key `paused` holds "until since", and `paused_tasks` "task until since …" for each task.
-- until is an instant (ms), "-" for no end, or "+" for a task that is being resumed (unpark.lua). since is an instant (ms).
--
-- USES scheduled     zset    job id -> when it may run (ms); resume:queue and resume:task:… -> when a pause ends
--      leases        zset    job id -> lease expiry (ms)
--      wake          string  the wake flag; "paused" while the queue is, so that submits wake nobody
--      paused        string  until when the queue is paused, and since when
--      paused_tasks  string  the same for tasks, at most 100
local PAUSED = "paused"

local function is_over(until_ms, now) return until_ms:find("^%d+$") and tonumber(until_ms) <= tonumber(now) end

-- Adds a task to those that are paused, or changes until when it is.
local function pause_task(pauses, task, until_ms, since)
  local known = pauses.of[task]
  if known then
    if known.until_ms == "+" then known.since = since end
    known.until_ms = until_ms
    return
  end
  pauses.of[task] = { task = task, until_ms = until_ms, since = since }
  table.insert(pauses.tasks, pauses.of[task])
end

-- Reads both keys (false where there is none). A pause whose time is over has ended, even if nobody has noted that yet.
local function read_pauses(queue_text, tasks_text, now)
  local pauses = { tasks = {}, of = {}, ended = {} }
  local until_ms, since = (queue_text or ""):match("^(%S+) ?(%S*)")
  if until_ms and is_over(until_ms, now) then
    pauses.ended[1] = ""
  elseif until_ms then
    pauses.queue = { until_ms = until_ms, since = since }
  end
  for task, until_ms, since in (tasks_text or ""):gmatch("(%S+) (%S+) (%S+)") do
    local has_ended = is_over(until_ms, now)
    if has_ended then table.insert(pauses.ended, task) end
    pause_task(pauses, task, has_ended and "+" or until_ms, since)
  end
  return pauses
end

-- Writes which tasks are paused.
local function write_pauses(pauses)
  local words = {}
  for i, each in ipairs(pauses.tasks) do words[i] = each.task .. " " .. each.until_ms .. " " .. each.since end
  if #words == 0 then redis.call("DEL", paused_tasks) else grow(leases, "SET", paused_tasks, table.concat(words, " ")) end
end

-- Lists for the worker what is paused, and which pauses have just ended: name, word …, where the queue has no name.
local function words_of(pauses)
  local words = pauses.queue and { "", "paused" } or {}
  for _, each in ipairs(pauses.tasks) do
    if each.until_ms ~= "+" then words[#words + 1], words[#words + 2] = each.task, "paused" end
  end
  for _, name in ipairs(pauses.ended) do words[#words + 1], words[#words + 2] = name, "resumed" end
  return words
end

-- Ends the pause of the queue. Returns the wake flag as it is then.
local function end_pause(flag)
  redis.call("DEL", paused)
  if flag ~= PAUSED then return flag end
  redis.call("DEL", wake)
  return false
end

-- Removes the members that brought a claim about because a pause ended.
local function forget_ends(due_names)
  local ends = {}
  for _, name in ipairs(due_names) do
    if name:find("^resume:") then ends[#ends + 1] = name end
  end
  if #ends > 0 then count_timers(-redis.call("ZREM", scheduled, unpack(ends))) end
end
