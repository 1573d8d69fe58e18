-- grow: writes that a worker must be able to make with memory full.
--
-- Redis then refuses a script's first write, unless that is a removal. So after a refusal `grow` removes a member that is not
-- there from the zset that it is given, and tries again.
--
-- Scripts that move a job write in this order: into the new place, the record, out of the old place. Wherever one is
-- stopped (Upstash refuses single commands: database or list full), the job is in two places, of which only the one
-- that its record names counts, and never in none.
local function refusal_of(reply) return type(reply) == "table" and reply.err end

-- Returns Redis' reply, or its refusal.
local function try_to_grow(zset, ...)
  local reply = redis.pcall(...)
  if not refusal_of(reply) then return reply end
  redis.call("ZREM", zset, "")
  return redis.pcall(...)
end

-- The same, but a refusal ends the script.
local function grow(zset, ...)
  local reply = redis.pcall(...)
  if not refusal_of(reply) then return reply end
  redis.call("ZREM", zset, "")
  return redis.call(...)
end
