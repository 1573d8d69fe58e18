-- take: move ready jobs to a worker, by priority, until there are enough of them or enough bytes.
--
-- TAKES count    int     how many jobs at most
--       bytes    int     how many bytes of records and payloads at most; one job is always taken
--       token    string  names the claim; every twentieth one of a worker takes the lowest priority first
--       now      int     ms since the epoch
--       missing  table   gets the ids that were listed, but have no record, or one that says that the job is elsewhere
--
-- MOVES    pending -> processing, but for the lease, which claim writes
-- RETURNS  {ids, records, with_payload, may_be_more, refusal}: the ids that were taken and their records; which of them
--          have a payload in a key of its own; whether jobs may be left; the error where Redis refused, and took nothing
-- COSTS    LMPOP a list, MGET, MSET; RPUSH a list where the bytes are enough
-- REPLAY   takes others: claim remembers what it took
local function take(count, bytes, token, now, missing)
  local lists = lists_for(token)
  local popped, last_of = pop(count, lists)
  local keys = keys_of(popped)
  local texts = read(keys)

  -- the head of a job claimed in this state, which jobs that waited alike have alike
  local started = {}
  local function start(state)
    local changes = { status = "processing", started_at = now, finished_at = false, token = token, progress = false }
    started[state] = head_of(changed(state, changes))
    return started[state]
  end

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
  local refusal = n > 0 and redis.pcall("MSET", unpack(writes)).err
  if refusal then stopped_at = 1 end
  if stopped_at then put_back(popped, last_of, stopped_at, lists) end
  local may_be_more = stopped_at or #popped == count
  return { ids = ids, records = records, with_payload = with_payload, may_be_more = may_be_more, refusal = refusal }
end
