-- take: move ready jobs to a worker, by priority, until there are enough of them or enough bytes. Suspects come first, and
-- alone: up to ten that were in one crash, or a single one that was in two or more. Only a worker that holds nothing takes
-- them, and it takes nothing beside them. Then come jobs of its tasks that another worker did not know.
--
-- USES  suspects  list    ready ids of jobs that run apart from others
--       scheduled zset    job id -> when it may run (ms)
--       leases    zset    job id -> lease expiry (ms)
-- TAKES count     int     how many jobs at most
--       holding   int     how many jobs the worker holds
--       bytes     int     how many bytes of records and payloads at most; one job is always taken
--       token     string  names the claim; every twentieth one of a worker takes the lowest priority first
--       now       int     ms since the epoch
--       leaseMs   int     from now
--       missing   table   gets the ids that were listed, but have no record, or one that says that the job is elsewhere
--       tasks     string  names of the tasks that the worker knows, with commas between
--
-- MOVES    pending -> processing
-- RETURNS  {ids, records, with_payload, isolated, may_be_more, lists, new_suspects, refusal}: the ids that were taken and
--          their records; which of them have a payload in a key of its own; whether they are suspects; whether jobs may be
--          left, and in which lists; whether a suspect became ready; the error where Redis refused, and took nothing
-- COSTS    LMPOP a list, MGET, ZADD, MSET; RPUSH a list where the bytes are enough; ZMSCORE and ZREM where jobs were on offer;
--          MGET and UNLINK where a job had a unique key until it started
-- REPLAY   takes others: claim remembers what it took
local GROUP = 10

local function take(count, holding, bytes, token, now, lease_ms, missing, tasks)
  local lists = lists_for(token, holding == 0, tasks)
  local popped, last_of, offered = pop(count, lists)
  local isolated, group, early, begun = last_of[suspects] ~= nil, nil, {}, {}
  local keys = keys_of(popped)
  local texts = read(keys)
  local waiting, new_suspects = waiting_of(popped, offered, texts, now)

  -- the head of a claimed job: the same for all jobs that waited in the same state
  local started = {}
  local function start(state)
    local changes = { status = "processing", started_at = now, finished_at = false, token = token, progress = false, held_until = false, alone = isolated and group == 1 }
    if state.unknown_since and state.run_at and tonumber(state.run_at) > tonumber(now) then changes.run_at = now end
    started[state] = head_of(changed(state, changes))
    return started[state]
  end

  local ids, records, with_payload, writes, taken, n, used, stopped_at = {}, {}, {}, {}, {}, 0, 0, nil
  for i = 1, #popped do
    local id, text = popped[i], texts[i]
    local state, body = parse(text)
    local is_here = state and state.status == "pending" and not taken[id] and (i > offered or waiting[id])
    if not is_here then
      if i > offered then missing[#missing + 1] = id end -- an offer may have come too late
    else
      if isolated then
        local has_crashed_again = (tonumber(state.crashes) or 0) > 1
        group = group or (#popped == 1 or has_crashed_again) and 1 or GROUP
        if n == group or (n > 0 and has_crashed_again) then
          stopped_at = i
          break
        end
      end
      local payload_bytes = payload_bytes_of(text, body, id)
      used = used + #text + payload_bytes
      if used > bytes and n > 0 then
        stopped_at = i
        break
      end
      taken[id] = true
      if state.unique and sub(state.unique, 1, 2) == "s:" then begun[#begun + 1], begun[#begun + 2] = state.unique, id end
      if i <= offered then early[#early + 1] = id end
      if payload_bytes > 0 then with_payload[#with_payload + 1] = id end
      local record = (started[state] or start(state)) .. sub(text, body)
      n = n + 1
      ids[n], records[n], writes[2 * n - 1], writes[2 * n] = id, record, keys[i], record
    end
  end
  local refusal = n > 0 and (lease(ids, now, lease_ms) or refusal_of(redis.pcall("MSET", unpack(writes))))
  if refusal then
    stopped_at = 1
    redis.call("ZREM", leases, unpack(ids))
  elseif #early > 0 then
    redis.call("ZREM", scheduled, unpack(early))
  end
  if not refusal then release(begun) end
  if stopped_at then put_back(popped, last_of, stopped_at, lists) end
  return {
    ids = ids, records = records, with_payload = with_payload, isolated = isolated, refusal = refusal,
    may_be_more = isolated or stopped_at or #popped == count, lists = lists, new_suspects = new_suspects,
  }
end
