-- heads: read which jobs come next in the places that a list of jobs is merged from.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         high       list    ready ids of priority high
--         normal     list    ready ids of priority normal
--         low        list    ready ids of priority low
--         suspects   list    ready ids of jobs that run apart from others
--         scheduled  zset    job id -> when it may run (ms)
--         leases     zset    job id -> lease expiry (ms)
--         completed  zset    job id -> when it completed (ms)
--         failed     zset    job id -> when it failed (ms)
--         cancelled  zset    job id -> when it was cancelled (ms)
--         parked     string  parked .. task is the key of a list: ids of ready jobs of a paused task
--         job        string  job .. id is the key of a record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] count      int     how many ids of each place
-- ARGV[3] leased     int     how many leased ids: they are in no order, so all are read
-- ARGV[4..] places   string  name, where to go on ("": at its beginning) …: parts/stretch.lua and parts/behind.lua say how
--
-- MOVES    nothing
-- RETURNS  {{now}, and for each place {more, id, when …}}. more "1": there are others behind these. when: of a zset the score,
--          of a list since when the job is ready, of a lease since when it runs; "" where the record does not say that
-- COSTS    1 for each place, and MGET: 12 with TIME for all nine at their beginning; MGET and LPOS for each list to go on with; 2
--          for a zset with very many of one score, 20 where the one to go on behind has left, too
-- REPLAY   safe: reads only
local now_given, count, leased, places = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), { unpack(ARGV, 4) }

local lists = { high = high, normal = normal, low = low, suspects = suspects }
for i = 1, #places, 2 do
  local task = places[i]:match("^parked:(.+)$")
  if task then lists[places[i]] = parked .. task end
end
local zsets = { scheduled = scheduled, completed = completed, failed = failed, cancelled = cancelled }
local answer, keys, rows_of = { { clock(now_given) } }, {}, {}
local waits = waiting(lists, places)
for i = 1, #places, 2 do
  local name, position, rows = places[i], places[i + 1], nil
  if zsets[name] then
    rows = behind(zsets[name], position, count, name == "scheduled")
  else
    local ids = lists[name] and stretch(lists[name], position, count, waits) or redis.call("ZRANGE", leases, 0, leased - 1)
    rows = { lists[name] and #ids == count and "1" or "0" }
    for _, id in ipairs(ids) do
      keys[#keys + 1], rows[#rows + 1], rows[#rows + 2] = job .. id, id, ""
      rows_of[#keys] = { rows, #rows, lists[name] }
    end
  end
  answer[#answer + 1] = rows
end
for i, text in ipairs(#keys > 0 and redis.call("MGET", unpack(keys)) or {}) do
  local state, body = parse(text)
  local rows, at, list = unpack(rows_of[i], 1, 3)
  if list then
    rows[at] = state and state.status == "pending" and since(state, text, body) or ""
  else
    rows[at] = text and (state and state.started_at or "0") or ""
  end
end
return answer
