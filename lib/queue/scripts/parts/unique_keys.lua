-- unique_keys: free unique keys, and hold them again. What a key holds, and who holds it, parts/holders.lua says.
--
-- USES  unique  string  unique .. hash is a unique key
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

-- What a job's record says of its unique key once an attempt has begun, and again before the first.
local function spent(held) return held and held:gsub("^s:", "S:") end
local function unspent(held) return held and held:gsub("^S:", "s:") end

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
-- A key that was held for a time is not held again: that time is over. COSTS 1 or 2: MGET for the key, MGET for its holder; nothing
-- where the job held it until an attempt began, and one has
local function hold_again(held, id, writes)
  local mode, hash = sub(held, 1, 2), sub(held, 3)
  if mode == "S:" then return nil end
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
