-- behind: read on in a zset of jobs, in the order of score, then of id.
--
-- TAKES zset      string  its key
--       position  string  "score id": of the last one that was read, also where it has left; "" from the beginning
--       count     int     how many members
--       isRising  int     true: the lowest score first; false: the highest
--
-- MOVES    nothing
-- RETURNS  {more, id, score …}
-- COSTS    1: ZRANGE. Where many have the score of the last one, so that others were read again: 2 more, or about 20 if that one
--          has left
-- REPLAY   safe: reads only

-- Finds at which rank the first member behind is, by halving those of the same score.
local function rank_behind(zset, score, id, is_rising)
  local least, most = "-inf", "(" .. score
  if not is_rising then least, most = "(" .. score, "+inf" end
  local from = redis.call("ZCOUNT", zset, least, most)
  local to = from + redis.call("ZCOUNT", zset, score, score)
  local function at(rank) return redis.call("ZRANGE", zset, rank, rank, unpack(is_rising and {} or { "REV" }))[1] end
  while from < to do
    local middle = math.floor((from + to) / 2)
    local there = at(middle)
    if there and (is_rising and there < id or not is_rising and there > id) then from = middle + 1 else to = middle end
  end
  return from
end

local function behind(zset, position, count, is_rising)
  local score, id = position:match("^(%S+) (.*)$")
  local rows
  if is_rising then
    rows = redis.call("ZRANGE", zset, score or "-inf", "+inf", "BYSCORE", "LIMIT", 0, count, "WITHSCORES")
  else
    rows = redis.call("ZRANGE", zset, score or "+inf", "-inf", "BYSCORE", "REV", "LIMIT", 0, count, "WITHSCORES")
  end
  local more, first = #rows == 2 * count and "1" or "0", 1
  while score and rows[first] and tonumber(rows[first + 1]) == tonumber(score) do
    if is_rising and rows[first] > id or not is_rising and rows[first] < id then break end
    first = first + 2
  end
  if more == "1" and first > 7 then -- more than three were of the same score, and have been read before
    local order = is_rising and { "WITHSCORES" } or { "REV", "WITHSCORES" }
    local function from(rank) return redis.call("ZRANGE", zset, rank, rank + count, unpack(order)) end
    local rank = redis.call(is_rising and "ZRANK" or "ZREVRANK", zset, id)
    rows, first = rank and from(rank) or {}, 3
    local is_there = rows[1] == id and tonumber(rows[2]) == tonumber(score)
    if not is_there then rows, first = from(rank_behind(zset, score, id, is_rising)), 1 end
    more = #rows == 2 * count + 2 and "1" or "0"
  end
  return { more, unpack(rows, first) }
end
