-- settle: report how attempts ended, a whole batch at once. Fenced: only the token of the claim may settle.
--
-- KEYS[1] high       list    ready ids of priority high
-- KEYS[2] normal     list    ready ids of priority normal
-- KEYS[3] low        list    ready ids of priority low
-- KEYS[4] scheduled  zset    job id -> when it may run (ms)
-- KEYS[5] leases     zset    job id -> lease expiry (ms)
-- KEYS[6] completed  zset    job id -> when it completed (ms)
-- KEYS[7] failed     zset    job id -> when it failed (ms)
-- KEYS[8] counters   hash    totals
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] prefix     string  job key = prefix .. id
-- ARGV[3..] groups   string  outcome, token, delayMs (of a retry, else ""), ids with spaces between them, number of details
--                            (0 or one for each id), the details; next group …
--          outcome   completed | retry | failed | released
--          detail    completed: the result as JSON, "" none; retry and failed: '' or ',"error":…,"message":…'
--
-- MOVES    processing -> completed; retry: -> scheduled; failed: -> failed; released: -> the front of its ready list
-- RETURNS  {"n", word …} of the attempts, counted from 1, whose lease was no longer their token's: "cancelled" or "lost";
--          the others are settled
-- COSTS    6 for a batch with one outcome: TIME, MGET, ZREM, MSET, one ZADD or RPUSH and one HINCRBY an outcome
-- REPLAY   the same answer and nothing more: the record keeps the token that settled it. Once the job was claimed
--          anew (a retry, seconds later) the answer is "lost", which tells the worker as little
local ready = { high = KEYS[1], normal = KEYS[2], low = KEYS[3] }
local scheduled, leases, completed, failed, counters = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local now_given, prefix = ARGV[1], ARGV[2]
local sent = { unpack(ARGV, 3) }

local now = clock(now_given)
local groups, ids, keys, details = {}, {}, {}, {}
local n, from = 0, 1
while from < #sent do
  local list, told = sent[from + 3], tonumber(sent[from + 4])
  local group = { outcome = sent[from], token = sent[from + 1], delay_ms = sent[from + 2], next = {}, first = n + 1 }
  local at = 1
  while at do
    local space = find(list, " ", at, true)
    n = n + 1
    ids[n] = sub(list, at, space and space - 1)
    keys[n] = prefix .. ids[n]
    at = space and space + 1
  end
  for i = 1, told do details[group.first + i - 1] = sent[from + 4 + i] end
  group.last, groups[#groups + 1] = n, group
  from = from + 5 + told
end

local ended, settled, writes, totals, answers = {}, {}, {}, {}, {}
local done, dead, due, back = {}, {}, {}, {}

local function put(list, a, b)
  local n = #list
  list[n + 1], list[n + 2] = a, b
end

-- What an attempt's end makes of a job's state: worked out once for all of a group that were claimed together.
local function next_of(group, state)
  local changes = { status = group.outcome, finished_at = now }
  if group.outcome == "retry" then
    local run_at = plus(now, group.delay_ms)
    changes = { status = "pending", retries = state.retries + 1, run_at = run_at, started_at = false, progress = false }
  elseif group.outcome == "released" then
    changes = { status = "pending", run_at = now, started_at = false, progress = false }
  end
  group.next[state] = { head = head_of(changed(state, changes)), run_at = changes.run_at }
  return group.next[state]
end

local apply = {
  completed = function(id, text, body, _, next, result)
    local n = #done
    done[n + 1], done[n + 2] = now, id
    if result and result ~= "" then put(writes, prefix .. id .. ":result", result) end
    return next.head .. sub(text, body)
  end,
  retry = function(id, text, body, state, next, error)
    put(due, next.run_at, id)
    return remember(next.head, text, body, entry_of(state, now, "failed", error))
  end,
  failed = function(id, text, body, state, next, error)
    put(dead, now, id)
    return remember(next.head, text, body, entry_of(state, now, "failed", error))
  end,
  released = function(id, text, body, _, next)
    local list = ready[priority_of(text, body)] or ready.normal
    back[list] = back[list] or {}
    table.insert(back[list], 1, id) -- so that the batch's first is the list's first again
    return next.head .. sub(text, body)
  end,
}
local total_of = { completed = "completed", retry = "retried", failed = "failed", released = "released" }

local texts, count = redis.call("MGET", unpack(keys)), 0
for _, group in ipairs(groups) do
  local token, next, transit, before = group.token, group.next, apply[group.outcome], count
  for i = group.first, group.last do
    local id, text = ids[i], texts[i]
    local state, body = parse(text)
    if not state or state.token ~= token then
      put(answers, tostring(i), state and state.status == "cancelled" and "cancelled" or "lost")
    elseif state.status == "processing" and not settled[id] then
      settled[id] = true
      local record = transit(id, text, body, state, next[state] or next_of(group, state), details[i])
      local n = #writes
      writes[n + 1], writes[n + 2] = keys[i], record
      count = count + 1
      ended[count] = id
    end
  end
  if count > before then totals[group.outcome] = (totals[group.outcome] or 0) + count - before end
end

if #ended > 0 then
  if #done > 0 then grow(leases, "ZADD", completed, unpack(done)) end
  if #dead > 0 then grow(leases, "ZADD", failed, unpack(dead)) end
  if #due > 0 then grow(leases, "ZADD", scheduled, unpack(due)) end
  for list, ids_back in pairs(back) do grow(leases, "RPUSH", list, unpack(ids_back)) end
  grow(leases, "MSET", unpack(writes))
  redis.call("ZREM", leases, unpack(ended))
  for outcome, n in pairs(totals) do redis.call("HINCRBY", counters, total_of[outcome], n) end
end
return answers
