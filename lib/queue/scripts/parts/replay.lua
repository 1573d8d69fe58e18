-- replay: answer a claim whose reply was lost, with the jobs that it took and that are still held under its token.
--
-- TAKES saved      string  the ids that the claim took
--       token      string  names the claim
--       flag       string  as it stands, false where there is none
--       lingering  string  as it stands, false where there is none
--       now        int     ms since the epoch
--       leaseMs    int     from now
--
-- MOVES    nothing; the jobs get a fresh lease
-- RETURNS  what claim returns. wake is 1 again where the flag is this claim's own; more is 1, to be safe
-- COSTS    2: MGET, ZADD; MGET where there are payloads
-- REPLAY   the same once more
local function replay(saved, token, flag, lingering, now, lease_ms)
  local ids, records, with_payload, listed, isolated = {}, {}, {}, {}, 0
  for id in saved:gmatch("%S+") do listed[#listed + 1] = id end
  for i, text in ipairs(read(keys_of(listed))) do
    local id, state, body = listed[i], parse(text)
    if state and state.status == "processing" and state.token == token then
      ids[#ids + 1], records[#records + 1] = id, text
      if state.crashes then isolated = 1 end
      if payload_bytes_of(text, body, id) > 0 then with_payload[#with_payload + 1] = id end
    end
  end
  local refusal = #ids > 0 and lease(ids, now, lease_ms)
  if refusal then return redis.error_reply(refusal) end
  local waiting, wait_until = (lingering or ""):match("^(%S+) (%d+)$")
  return {
    now, flag == token and 1 or 0, 1, waiting == token and wait_until or "",
    records, payloads_of(with_payload), {}, {}, isolated, 0, {}, {},
  }
end
