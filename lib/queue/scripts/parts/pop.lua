-- pop: take ids off the ready lists and off those that offer jobs to this worker, and put some of them back.
--
-- USES high      list  ready ids of priority high
--      normal    list  ready ids of priority normal
--      low       list  ready ids of priority low
--      suspects  list  ready ids of jobs that run apart from others
--      unknown   string  unknown .. task is the key of the list that offers the jobs of a task

local LISTS = { high, normal, low }
local LOWEST_FIRST = { low, normal, high }

-- Gives the lists in the order in which this claim looks at them. Each worker's every twentieth claim, by the number in its token,
-- begins with the lowest one: else its jobs would wait as long as others come in. Before them come suspects, where the
-- worker may take any, and jobs of its tasks that another worker did not know: those have been at the head of a list already.
-- Offered jobs of a paused task stay where they are.
local function lists_for(token, with_suspects, tasks, pauses)
  local number, lists = tonumber(token:match("%.(%d+)$")), {}
  if with_suspects then lists[1] = suspects end
  for task in tasks:gmatch("[^,]+") do
    if not pauses.of[task] then lists[#lists + 1] = unknown .. task end
  end
  for _, list in ipairs(number and number % 20 == 0 and LOWEST_FIRST or LISTS) do lists[#lists + 1] = list end
  return lists
end

-- Takes ids off the lists. Returns them in the order in which they will run, the place of each list's last one, and how many of
-- the first ones were on offer. Suspects come with no others.
local function pop(count, lists)
  local ids, last_of, from, offered = {}, {}, 1, 0
  while #ids < count and from <= #lists do
    local arguments = { #lists - from + 1 }
    for i = from, #lists do arguments[#arguments + 1] = lists[i] end
    for _, word in ipairs({ "RIGHT", "COUNT", count - #ids }) do arguments[#arguments + 1] = word end
    local popped = redis.call("LMPOP", unpack(arguments))
    if not popped then break end
    while lists[from] ~= popped[1] do from = from + 1 end
    if #ids == 0 then ids, popped[2] = popped[2], {} end
    for _, id in ipairs(popped[2]) do ids[#ids + 1] = id end
    last_of[lists[from]] = #ids
    if is_offer(lists[from]) then offered = #ids end
    if lists[from] == suspects then break end
    from = from + 1
  end
  return ids, last_of, offered
end

-- Puts the ids from `first` on back to where they were, with the lists in the order of `pop`.
local function put_back(ids, last_of, first, lists)
  local rest = {}
  for i = #ids, first, -1 do
    for _, list in ipairs(lists) do
      if last_of[list] and i <= last_of[list] then
        rest[list] = rest[list] or {}
        table.insert(rest[list], ids[i])
        break
      end
    end
  end
  for list, back in pairs(rest) do
    redis.call("RPUSH", list, unpack(back))
    if is_offer(list) then redis.call("PEXPIRE", list, OFFERED_MS) end
  end
end
