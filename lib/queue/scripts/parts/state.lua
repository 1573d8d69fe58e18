-- state: read and write the head of a job's record, without decoding what a user wrote.
--
-- A record is one flat JSON object in two parts. The head, from "v" (the format, 1) up to "job_id", is the job's state: our
-- own words and numbers, written by scripts alone (after the submit), always as a whole. The body, from "job_id" on, is what
-- the job is; it ends with the history (history.lua).
--
-- Searching for a key as raw bytes ("retries":) is safe: inside a JSON string every quote has a backslash before it. That is
-- why a payload in the record is a JSON string.

-- Called for each job of a batch: Lua finds a local sooner than a method.
local byte, find, sub = string.byte, string.find, string.sub

-- The longest record: somebody else wrote what is longer. So each search of a record's text has an end.
local MOST_BYTES = 262144

-- The fields of a head behind status and retries, in the order in which they are written. Behind each: how it is read, as a number
-- of at most this many digits, as a text or as `true`. Instants have 13 digits, and more than 16 no double can hold: such a number
-- would be text that Redis refuses.
local ORDER = "run_at:16 started_at:16 finished_at:16 token:text redrive:text held_until:16 crashes:9 alone:true snoozed:16 "
  .. "unknown_since:16 unknown_tries:9 expires_at:16 unique:text "
local VALUES = { text = '"([^"]+)"', ["true"] = "(true)" }
local known
local function fields() -- made when a script first needs them
  if known then return known end
  known = {}
  for name, kind in ORDER:gmatch("(%S+):(%S+) ") do
    local begins = '"' .. name .. '":'
    local pattern = "^" .. begins .. (VALUES[kind] or "(%d+)") .. ",()"
    known[#known + 1] = { name = name, begins = begins, pattern = pattern, most = tonumber(kind), quote = kind == "text" and '"' or "" }
  end
  return known
end

-- Reads a head. Each field is looked for just where it may be.
local function read_head(head)
  local status, retries, from = head:match('^{"v":1,"status":"(%l+)","retries":(%d+),()')
  if not status or #retries > 9 then return nil end
  local state = { status = status, retries = tonumber(retries) }
  for _, field in ipairs(fields()) do
    local value, after = head:match(field.pattern, from)
    if value then
      if field.most and #value > field.most then return nil end
      state[field.name], from = value, after
    end
  end
  local progress = from <= #head and find(head, '"progress":', from, true)
  if progress then state.progress = sub(head, progress) end
  -- Fields of a later version: every transition keeps them.
  if from <= #head and progress ~= from then state.later = sub(head, from, progress and progress - 1 or #head) end
  return state
end

-- Every string that Lua makes is hashed, which is most of what a script costs. The jobs of a batch mostly have the same
-- head, because they were claimed together: comparing it makes no string, and it is read once.
local last_head, last_state, last_body

-- Reads a record's state, and where its body begins. All records with the same head share the state, so it is never changed: a
-- transition makes another one. nil when the text is no record of format 1 (evicted, somebody else's value, too long, or of another
-- version): callers pass over such a job.
local function parse(text)
  if not text or byte(text, -1) ~= 125 or #text > MOST_BYTES then return nil end
  if last_head and find(text, last_head, 1, true) == 1 then return last_state, last_body end
  local body, ending = text:find('"job_id":', 1, true)
  local state = body and read_head(text:sub(1, body - 1))
  if not state then return nil end
  last_head, last_state, last_body = text:sub(1, ending), state, body
  return state, body
end

local function head_of(state)
  local head = '{"v":1,"status":"' .. state.status .. '","retries":' .. state.retries .. ","
  for _, field in ipairs(fields()) do
    local value = state[field.name]
    if value then head = head .. field.begins .. field.quote .. tostring(value) .. field.quote .. "," end
  end
  return head .. (state.later or "") .. (state.progress or "")
end

-- Copies a state with some fields changed; false takes a field away.
local function changed(state, changes)
  local after = {}
  for field, value in pairs(state) do after[field] = value end
  for field, value in pairs(changes) do after[field] = value end
  return after
end
