-- body: read the few fields of a record's body that a script decides by. They are found as plain bytes, which is quick.

local function max_retries_of(text, body)
  local _, ending = text:find('"max_retries":', body, true)
  return ending and tonumber(text:match("^%d+", ending + 1)) or 0
end

local function priority_of(text, body)
  local _, ending = text:find('"priority":"', body, true)
  return ending and text:match("^%l+", ending + 1) or "normal"
end

local function task_of(text, body)
  local _, ending = find(text, '"task":"', body, true)
  return ending and text:match("^[%w_]+", ending + 1)
end

-- How many bytes a payload with a key of its own has: they stand right behind the id ("p" is 112).
local function payload_bytes_of(text, body, id)
  local comma = body + #id + 11
  if byte(text, comma + 2) ~= 112 then return 0 end
  return tonumber(text:match('^,"payload_bytes":(%d+)', comma)) or 0
end
