-- batch: what claim reads and writes for many jobs in one command.
--
-- USES leases   zset    job id -> lease expiry (ms)
--      job      string  job .. id is the key of a record
--      PAYLOAD  string  job .. id .. PAYLOAD is the key of a payload that does not lie in the record

local function keys_of(ids, suffix)
  local keys = {}
  for i = 1, #ids do keys[i] = job .. ids[i] .. (suffix or "") end
  return keys
end

local function read(keys)
  return #keys > 0 and redis.call("MGET", unpack(keys)) or {}
end

-- Reads the payloads of those ids that have one: id, payload …
local function payloads_of(with_payload)
  local answer = {}
  for i, payload in ipairs(read(keys_of(with_payload, PAYLOAD))) do
    if payload then answer[#answer + 1], answer[#answer + 2] = with_payload[i], payload end
  end
  return answer
end

-- Returns Redis' refusal, where there is one.
local function lease(ids, now, lease_ms)
  local expiry, pairs_ = plus(now, lease_ms), {}
  for i = 1, #ids do pairs_[2 * i - 1], pairs_[2 * i] = expiry, ids[i] end
  return refusal_of(try_to_grow(leases, "ZADD", leases, unpack(pairs_)))
end
