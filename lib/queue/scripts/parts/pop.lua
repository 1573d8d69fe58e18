-- pop: take ids off the ready lists, and put some of them back.
--
-- USES high      list  ready ids of priority high
--      normal    list  ready ids of priority normal
--      low       list  ready ids of priority low
--      suspects  list  ready ids of jobs that run apart from others

local LISTS = { suspects, high, normal, low }

-- Ids in the order in which they are to run, and which is the last one that each list gave. From the suspects, if there are
-- any and the worker may take them; then from no other list.
local function pop(count, with_suspects)
  local ids, last_of, from = {}, {}, with_suspects and 1 or 2
  while #ids < count and from <= #LISTS do
    local arguments = { #LISTS - from + 1 }
    for i = from, #LISTS do arguments[#arguments + 1] = LISTS[i] end
    for _, word in ipairs({ "RIGHT", "COUNT", count - #ids }) do arguments[#arguments + 1] = word end
    local popped = redis.call("LMPOP", unpack(arguments))
    if not popped then break end
    while LISTS[from] ~= popped[1] do from = from + 1 end
    if #ids == 0 then ids, popped[2] = popped[2], {} end
    for _, id in ipairs(popped[2]) do ids[#ids + 1] = id end
    last_of[LISTS[from]] = #ids
    if LISTS[from] == suspects then break end
    from = from + 1
  end
  return ids, last_of
end

-- Puts the ids from `first` on back to where they were.
local function put_back(ids, last_of, first)
  local rest = {}
  for i = #ids, first, -1 do
    for _, list in ipairs(LISTS) do
      if last_of[list] and i <= last_of[list] then
        rest[list] = rest[list] or {}
        table.insert(rest[list], ids[i])
        break
      end
    end
  end
  for list, back in pairs(rest) do redis.call("RPUSH", list, unpack(back)) end
end
