-- records: read the records of jobs that fit a filter, as many as fit into an answer.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         job        string  job .. id is the key of a record
-- ARGV[1] bytes      int     how many bytes of records at most; the first one is always answered
-- ARGV[2] limit      int     how many records at most
-- ARGV[3] task       string  the name of their task, as JSON writes it; "" any
-- ARGV[4] priority   string  "" any
-- ARGV[5] retries    string  "0" none so far, "1" at least one; "" any
-- ARGV[6..] ids      string  at most 7,000
--
-- MOVES    nothing
-- RETURNS  {how many ids were looked at, the number of one from 1, its record …}: "-" for what is too long for a record. Ids without
--          a record are left out; with a filter, so is what cannot be read
-- COSTS    1: MGET
-- REPLAY   safe: reads only
local bytes, limit, task, priority, retries, ids = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], { unpack(ARGV, 6) }

local keys, answer, used, is_filtered = {}, { "0" }, 0, task .. priority .. retries ~= ""
local function fits(text)
  if not is_filtered then return text end
  local state, body = parse(text)
  if not state then return false end
  if task ~= "" and not find(text, '"task":' .. task, body, true) then return false end
  if priority ~= "" and priority_of(text, body) ~= priority then return false end
  return retries == "" or (retries == "0") == (state.retries == 0)
end

for i = 1, #ids do keys[i] = job .. ids[i] end
for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  if fits(text) then
    local record = #text > MOST_BYTES and "-" or text
    used = used + #record
    if used > bytes and #answer > 1 then break end
    answer[#answer + 1], answer[#answer + 2] = tostring(i), record
  end
  answer[1] = tostring(i)
  if #answer > 2 * limit then break end
end
return answer
