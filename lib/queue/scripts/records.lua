-- records: read the records of jobs, as many as fit into an answer.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         job        string  job .. id is the key of a record
-- ARGV[1] bytes      int     how many bytes of records at most; the first one is always answered
-- ARGV[2..] ids      string  at most 1,000
--
-- MOVES    nothing
-- RETURNS  {record …} of the first ids, in order; "" for an id that has none, "-" for what is too long for a record
-- COSTS    1: MGET
-- REPLAY   safe: reads only
local bytes, ids = tonumber(ARGV[1]), { unpack(ARGV, 2) }

local keys, answer, used = {}, {}, 0
for i = 1, #ids do keys[i] = job .. ids[i] end
for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  local record = not text and "" or #text > MOST_BYTES and "-" or text
  used = used + #record
  if used > bytes and i > 1 then break end
  answer[i] = record
end
return answer
