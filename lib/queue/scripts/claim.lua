-- claim: take ready jobs under a token for a time. Due jobs become ready and expired leases are reclaimed first.
--
-- KEYS[1] high       list    ready ids of priority high
-- KEYS[2] normal     list    ready ids of priority normal
-- KEYS[3] low        list    ready ids of priority low
-- KEYS[4] scheduled  zset    job id -> when it may run (ms)
-- KEYS[5] leases     zset    job id -> lease expiry (ms)
-- KEYS[6] failed     zset    job id -> when it failed (ms)
-- KEYS[7] counters   hash    totals
-- KEYS[8] wake       string  a wake-up is in flight, or ("again " and a token) a worker will claim before it expires
-- KEYS[9] linger     string  a worker waits for what is due soon: its token, a space, the instant (ms)
-- KEYS[10] claimed   string  ids that this very claim took, for a resend
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] prefix     string  job key = prefix .. id
-- ARGV[3] token      string  names this claim: worker "." number
-- ARGV[4] count      int     how many jobs at most; more than 1,000 count as that
-- ARGV[5] bytes      int     how many bytes of records and payloads at most; one job is always taken
-- ARGV[6] leaseMs    int     from now
-- ARGV[7] sweep      int     how many due and how many expired ids to look at; 0 looks at none
-- ARGV[8] arrived    int     1: the first claim of an invocation, so a wake-up in flight is this one
-- ARGV[9] againMs    int     the worker promises to claim again within this; 0 promises nothing
-- ARGV[10] lingerMs  int     wait for a job due within this, unless another worker does
-- ARGV[11] running   int     wake one more worker while fewer jobs than this are leased
-- ARGV[12] wakeMs    int     how long a wake-up may be in flight
--
-- MOVES    pending -> processing; due: scheduled -> ready list; reclaim: processing -> pending or failed
-- RETURNS  {now, wake, more, until, {record …}, {id, payload … where there is one}, {reclaimed id, status …}, {ids dropped}}
--          wake 1: invoke one more worker. more 1: ready jobs are left. until: claim again then ("" need not)
--          dropped: listed, but without a record, or with one that says that the job is elsewhere
-- COSTS    5 for nothing, 11 to 13 for a batch: MGET, TIME, 2 ZRANGE, LMPOP a list, MGET, MSET, ZADD, SET;
--          MGET where there are payloads, EXISTS and ZCARD where the batch is full; 3 more to move, 5 more to reclaim
-- REPLAY   the same jobs again, those still held under the token, with a fresh lease; more is 1, to be safe. A claim that
--          took nothing left no trace and claims anew
local ready = { high = KEYS[1], normal = KEYS[2], low = KEYS[3] }
local scheduled, leases, failed, counters = KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local wake, linger, claimed = KEYS[8], KEYS[9], KEYS[10]
local now_given, prefix, token = ARGV[1], ARGV[2], ARGV[3]
local count, bytes, lease_ms, sweep = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
local arrived, again_ms, linger_ms = ARGV[8] == "1", tonumber(ARGV[9]), tonumber(ARGV[10])
local running, wake_ms = tonumber(ARGV[11]), ARGV[12]

local LEASE_EXPIRED =
  ',"error":"LeaseExpired","message":"the worker stopped answering: it crashed, froze or ran out of time or memory"'
local PRIORITIES = { "high", "normal", "low" }
count = math.min(count, 1000) -- Lua unpacks 8,000 values at most, and would find out with the jobs in its hands

local saved, flag, lingering = unpack(redis.call("MGET", claimed, wake, linger))
local now = clock(now_given)

local function keys_of(ids, suffix)
  local keys = {}
  for i = 1, #ids do keys[i] = prefix .. ids[i] .. (suffix or "") end
  return keys
end

local function read(keys)
  return #keys > 0 and redis.call("MGET", unpack(keys)) or {}
end

-- id, payload … of those ids that have one, in one command
local function payloads_of(with_payload)
  local answer = {}
  for i, payload in ipairs(read(keys_of(with_payload, ":payload"))) do
    if payload then answer[#answer + 1], answer[#answer + 2] = with_payload[i], payload end
  end
  return answer
end

local function lease(ids)
  local expiry, pairs_ = plus(now, lease_ms), {}
  for i = 1, #ids do pairs_[2 * i - 1], pairs_[2 * i] = expiry, ids[i] end
  grow(leases, "ZADD", leases, unpack(pairs_))
end

if saved then
  local ids, records, with_payload, listed = {}, {}, {}, {}
  for id in saved:gmatch("%S+") do listed[#listed + 1] = id end
  for i, text in ipairs(read(keys_of(listed))) do
    local state, body = parse(text)
    if state and state.status == "processing" and state.token == token then
      ids[#ids + 1], records[#records + 1] = listed[i], text
      if payload_bytes_of(text, body, listed[i]) > 0 then with_payload[#with_payload + 1] = listed[i] end
    end
  end
  if #ids > 0 then lease(ids) end
  local waiting_token, until_ = (lingering or ""):match("^(%S+) (%d+)$")
  local wait_until = waiting_token == token and until_ or ""
  return { now, flag == token and 1 or 0, 1, wait_until, records, payloads_of(with_payload), {}, {} }
end

local missing, reclaimed = {}, {}
local next_due

local function push(pushes)
  for priority, ids in pairs(pushes) do grow(leases, "LPUSH", ready[priority] or ready.normal, unpack(ids)) end
end

local function add(pushes, id, text, body)
  local priority = priority_of(text, body)
  pushes[priority] = pushes[priority] or {}
  table.insert(pushes[priority], id)
end

local function make_due_ready()
  local entries, due = redis.call("ZRANGE", scheduled, 0, sweep, "WITHSCORES"), {}
  for i = 1, #entries, 2 do
    if tonumber(entries[i + 1]) > tonumber(now) or #due == sweep then
      next_due = plus(entries[i + 1], 0)
      break
    end
    due[#due + 1] = entries[i]
  end
  if #due == 0 then return end
  local pushes = {}
  for i, text in ipairs(read(keys_of(due))) do
    local state, body = parse(text)
    if state and state.status == "pending" then add(pushes, due[i], text, body) else missing[#missing + 1] = due[i] end
  end
  push(pushes)
  redis.call("ZREM", scheduled, unpack(due))
end

local function reclaim_expired()
  local expired = redis.call("ZRANGE", leases, "-inf", now, "BYSCORE", "LIMIT", 0, sweep)
  if #expired == 0 then return end
  local pushes, writes, dead = {}, {}, {}
  for i, text in ipairs(read(keys_of(expired))) do
    local id, state, body = expired[i], parse(text)
    if state and state.status == "processing" then
      local entry = entry_of(state, now, "lease_expired", LEASE_EXPIRED)
      local after = changed(state, { token = false, progress = false })
      if state.retries < max_retries_of(text, body) then
        after.status, after.retries, after.run_at, after.started_at = "pending", state.retries + 1, now, nil
        add(pushes, id, text, body)
      else
        after.status, after.finished_at = "failed", now
        dead[#dead + 1] = now
        dead[#dead + 1] = id
      end
      writes[#writes + 1] = prefix .. id
      writes[#writes + 1] = remember(head_of(after), text, body, entry)
      reclaimed[#reclaimed + 1] = id
      reclaimed[#reclaimed + 1] = after.status
    else
      missing[#missing + 1] = id
    end
  end
  push(pushes)
  if #dead > 0 then grow(leases, "ZADD", failed, unpack(dead)) end
  if #writes > 0 then grow(leases, "MSET", unpack(writes)) end
  redis.call("ZREM", leases, unpack(expired))
  if #dead > 0 then redis.call("HINCRBY", counters, "failed", #dead / 2) end
  if #writes > 0 then redis.call("HINCRBY", counters, "lease_expired", #writes / 2) end
end

-- ids in the order in which they are to run, and which is the last one that each priority gave
local function pop_ready()
  local ids, last_of, from = {}, {}, 1
  while #ids < count and from <= #PRIORITIES do
    local arguments = { #PRIORITIES - from + 1 }
    for i = from, #PRIORITIES do arguments[#arguments + 1] = ready[PRIORITIES[i]] end
    for _, word in ipairs({ "RIGHT", "COUNT", count - #ids }) do arguments[#arguments + 1] = word end
    local popped = redis.call("LMPOP", unpack(arguments))
    if not popped then break end
    while ready[PRIORITIES[from]] ~= popped[1] do from = from + 1 end
    if #ids == 0 then ids, popped[2] = popped[2], {} end
    for _, id in ipairs(popped[2]) do ids[#ids + 1] = id end
    last_of[PRIORITIES[from]] = #ids
    from = from + 1
  end
  return ids, last_of
end

local function origin_of(i, last_of)
  for _, priority in ipairs(PRIORITIES) do
    if last_of[priority] and i <= last_of[priority] then return priority end
  end
end

if sweep > 0 then
  make_due_ready()
  reclaim_expired()
end

-- the head of a job claimed in this state, which jobs that waited alike have alike
local started = {}
local function start(state)
  local changes = { status = "processing", started_at = now, finished_at = false, token = token, progress = false }
  started[state] = head_of(changed(state, changes))
  return started[state]
end

local popped, last_of = pop_ready()
local keys = keys_of(popped)
local texts = read(keys)
local ids, records, with_payload, writes, taken, n, used, stopped_at = {}, {}, {}, {}, {}, 0, 0, nil
for i = 1, #popped do
  local id, text = popped[i], texts[i]
  local state, body = parse(text)
  if not state or state.status ~= "pending" or taken[id] then
    missing[#missing + 1] = id
  else
    local payload_bytes = payload_bytes_of(text, body, id)
    used = used + #text + payload_bytes
    if used > bytes and n > 0 then
      stopped_at = i
      break
    end
    taken[id] = true
    if payload_bytes > 0 then with_payload[#with_payload + 1] = id end
    local record = (started[state] or start(state)) .. sub(text, body)
    n = n + 1
    ids[n], records[n], writes[2 * n - 1], writes[2 * n] = id, record, keys[i], record
  end
end
local refusal = #ids > 0 and redis.pcall("MSET", unpack(writes)).err
if refusal then stopped_at = 1 end
local put_back = {}
for i = #popped, stopped_at or #popped + 1, -1 do
  local origin = origin_of(i, last_of)
  put_back[origin] = put_back[origin] or {}
  table.insert(put_back[origin], popped[i])
end
for priority, rest in pairs(put_back) do redis.call("RPUSH", ready[priority], unpack(rest)) end
if refusal then return redis.error_reply(refusal) end

if #ids > 0 then
  lease(ids)
  redis.call("SET", claimed, table.concat(ids, " "), "PX", lease_ms)
end
if #missing > 0 then redis.call("HINCRBY", counters, "missing", #missing) end

-- with memory full these are a luxury, the claim is not
local function note(key, value, ms) return redis.pcall("SET", key, value, "PX", ms).ok end

-- The wake-up. A job pushed before this claim was taken by it or counts as left; one pushed after it finds the flag
-- as we leave it. No flag: the submit wakes. A flag: somebody will claim again before it expires, and sees the job.
-- So no job waits unseen, as long as who set the flag comes; if he dies, the flag expires and the tick repairs it.
local left = (stopped_at or #popped == count) and redis.call("EXISTS", ready.high, ready.normal, ready.low) > 0
local function is_us(other) return worker_of(other) == worker_of(token) end
local promise = (flag or ""):match("^again (.*)$")
local own_promise = is_us(promise) -- of what is left it brings nobody
local other_promise = promise and not own_promise -- his to take back: he comes, whoever arrives meanwhile
local in_flight = other_promise or flag and not arrived and not own_promise
local must_wake, wait_until = false, ""
local other, other_until = (lingering or ""):match("^(%S+) (%d+)$")
if left then
  if is_us(other) then redis.call("DEL", linger) end -- we claim again and may leave then: who comes meanwhile must wait
  if not in_flight then
    must_wake = redis.call("ZCARD", leases) < running
    if must_wake then note(wake, token, wake_ms) elseif flag then redis.call("DEL", wake) end
  end
else
  local soon = next_due and tonumber(next_due) - tonumber(now) <= linger_ms
  if soon and count > 0 and (not other or tonumber(other_until) > tonumber(next_due) or is_us(other)) then
    local wait_ms = math.max(0, tonumber(next_due) - tonumber(now))
    if note(linger, token .. " " .. next_due, plus(wait_ms, 1000)) then wait_until = next_due end
  elseif is_us(other) and (sweep > 0 or count == 0) then
    redis.call("DEL", linger) -- who leaves, or has nothing to wait for any more, leaves the waiting to others
  end
  local can_claim_more = again_ms > 0 and #ids < count -- a worker without room must not keep others asleep
  if can_claim_more then note(wake, "again " .. token, again_ms) elseif flag and not other_promise then redis.call("DEL", wake) end
end
return { now, must_wake and 1 or 0, left and 1 or 0, wait_until, records, payloads_of(with_payload), reclaimed, missing }
