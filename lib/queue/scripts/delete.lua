-- delete: forget jobs that do not run, with all that is kept about them.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         completed  zset    job id -> when it completed (ms)
--         failed     zset    job id -> when it failed (ms)
--         cancelled  zset    job id -> when it was cancelled (ms)
--         counters   hash    totals
--         job        string  job .. id is the key of a record; with each of the following a key of what belongs to it:
--         PAYLOAD    string
--         RESULT     string
--         ERROR      string
--         FIRST_ERROR string
--         LOG        string
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock, read only where an attempt was cancelled
-- ARGV[2] only       string  the status that they must have; "" any but processing
-- ARGV[3..] ids      string  at most 1,000
--
-- MOVES    pending, completed, failed, cancelled -> nothing
-- RETURNS  a word for each: "deleted", "missing", "running" (also where the worker of a cancelled attempt may still run it), or
--          "other" where it has another status
-- COSTS    4: MGET, UNLINK, HINCRBY, ZREM for each kind of finished job; 1 or 2 for each pending one (parts/leave.lua); 1 if
--          none is deleted; TIME where an attempt was cancelled whose worker has not said that it knows; 1 or 2 for unique keys: MGET, UNLINK
-- REPLAY   "missing" for those that it deleted before
local now_given, only, ids = ARGV[1], ARGV[2], { unpack(ARGV, 3) }

local zset_of = { completed = completed, failed = failed, cancelled = cancelled }
local keys, answers, gone, members, count, taken, held = {}, {}, {}, {}, 0, {}, {}
for i = 1, #ids do keys[i] = job .. ids[i] end
for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  local id, state, body = ids[i], parse(text)
  if not state or taken[id] then
    answers[i] = "missing"
  elseif state.status == "processing" or (state.held_until and tonumber(state.held_until) > tonumber(clock(now_given))) then
    answers[i] = "running"
  elseif only ~= "" and state.status ~= only then
    answers[i] = "other"
  else
    answers[i], taken[id], count = "deleted", true, count + 1
    for _, suffix in ipairs({ "", PAYLOAD, RESULT, ERROR, FIRST_ERROR, LOG }) do gone[#gone + 1] = keys[i] .. suffix end
    if state.unique then held[#held + 1], held[#held + 2] = state.unique, id end
    local zset = zset_of[state.status]
    if zset then
      members[zset] = members[zset] or {}
      table.insert(members[zset], id)
    else
      leave(id, state, text, body)
    end
  end
end

if count > 0 then
  redis.call("UNLINK", unpack(gone))
  for zset, of_zset in pairs(members) do redis.call("ZREM", zset, unpack(of_zset)) end
  redis.call("HINCRBY", counters, "deleted", count)
  release(held)
end
return answers
