-- holders: which job holds a unique key. A key holds "f:id" of a job that holds it until it has
-- finished, "s:id" of one that holds it until an attempt begins, or "t:id" of one that holds it for a time: then the key
-- expires. The job's record says the same, with the key's hash: "f:hash". Once an attempt has begun it says "S:hash" in place of
-- "s:hash": from then on the job holds its key no more, unless it is redriven.
--
-- USES  job  string  job .. id is the key of a record
--
-- A key that was left over blocks nobody, because its job's record decides:
--
--  mode      record                                              holds
--  finished  pending, processing                                 yes
--  started   pending                                             yes
--  time      any but cancelled; none: trimmed, or lost           yes    the key itself expires
--  any       another status, none, or one without this key       no     the next job takes the key over

local function holds(value, text, hash)
  local state, mode = parse(text), sub(value, 1, 2)
  if mode == "t:" then return not state or state.unique == mode .. hash and state.status ~= "cancelled" end
  if not state or state.unique ~= mode .. hash then return false end
  return state.status == "pending" or mode == "f:" and state.status == "processing"
end

-- Looks for the holders of keys. `wanted` has tables with `hash` and `value`, what the key holds; each gets `holder`, the id of the
-- job that holds it, or nil. COSTS 1: MGET
local function find_holders(wanted)
  local keys = {}
  for i, each in ipairs(wanted) do keys[i] = job .. sub(each.value, 3) end
  for i, text in ipairs(#keys > 0 and redis.call("MGET", unpack(keys)) or {}) do
    local each = wanted[i]
    each.holder = holds(each.value, text, each.hash) and sub(each.value, 3) or nil
  end
end
