-- unique_keys: which job holds a unique key, and when it lets go. A key holds "f:id" of a job that holds it until it has
-- finished, "s:id" of one that holds it until an attempt begins, or "t:id" of one that holds it for a time: then the key
-- expires. The job's record says the same, with the key's hash: "f:hash".
--
-- USES  unique  string  unique .. hash is a unique key
--       job     string  job .. id is the key of a record
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

-- Frees the keys of jobs (unique, id, unique, id …) where they are theirs. COSTS 1 or 2: MGET, UNLINK
local function release(held)
  local keys, theirs = {}, {}
  for i = 1, #held, 2 do keys[#keys + 1] = unique .. sub(held[i], 3) end
  for i, value in ipairs(#keys > 0 and redis.call("MGET", unpack(keys)) or {}) do
    if value == sub(held[2 * i - 1], 1, 2) .. held[2 * i] then theirs[#theirs + 1] = keys[i] end
  end
  if #theirs > 0 then redis.call("UNLINK", unpack(theirs)) end
end

-- Gives the key that a job holds until it has finished: nobody else can hold it now, so it need not be looked at.
local function key_until_finished(state) return state.unique and sub(state.unique, 1, 2) == "f:" and unique .. sub(state.unique, 3) end

-- Notes what the end of an attempt does to its job's key: one that finishes frees it, and one that was given back before it began
-- keeps it (unique, id …).
local BACK = { released = true, deferred = true }
local function note_key(group, state, id, freed, kept)
  if group.outcome == "completed" or group.outcome == "failed" then
    freed[#freed + 1] = key_until_finished(state) or nil
  elseif BACK[group.outcome] and not group.started_at and sub(state.unique, 1, 2) == "s:" then
    kept[#kept + 1], kept[#kept + 2] = state.unique, id
  end
end

-- Lets a job that waits again hold its key again: adds to `writes`. Returns the id of another job that holds the key, else nil.
-- A key that was held for a time is not held again: that time is over. COSTS 1 or 2: MGET for the key, MGET for its holder
local function hold_again(state, id, writes)
  local mode, hash = sub(state.unique, 1, 2), sub(state.unique, 3)
  local key, own = unique .. hash, mode .. id
  local asked = { hash = hash, value = redis.call("MGET", key)[1] }
  if asked.value == own then return nil end
  if asked.value then find_holders({ asked }) end
  if not asked.holder and mode ~= "t:" then writes[#writes + 1], writes[#writes + 2] = key, own end
  return asked.holder
end

-- Adds to `writes` the keys of jobs (unique, id …) that were given back before they began, where nobody took them. COSTS 1: MGET
local function keep(back, writes)
  local keys = {}
  for i = 1, #back, 2 do keys[#keys + 1] = unique .. sub(back[i], 3) end
  for i, value in ipairs(#keys > 0 and redis.call("MGET", unpack(keys)) or {}) do
    if not value then writes[#writes + 1], writes[#writes + 2] = keys[i], sub(back[2 * i - 1], 1, 2) .. back[2 * i] end
  end
end
