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
-- Instants have 13 digits, and more than 16 no double can hold. A longer number would be text that Redis refuses.
local MOST_DIGITS = 16

-- Reads a head. Its fields stand in the order in which `head_of` writes them, so each is looked for just where it may be.
local function read_head(head)
  local status, retries, from = head:match('^{"v":1,"status":"(%l+)","retries":(%d+),()')
  if not status or #retries > 9 then return nil end
  local state = { status = status, retries = tonumber(retries) }
  local is_whole = true
  local function take(field, pattern, most)
    local value, after = head:match(pattern, from)
    if value then state[field], from, is_whole = value, after, is_whole and (not most or #value <= most) end
  end
  take("run_at", '^"run_at":(%d+),()', MOST_DIGITS)
  take("started_at", '^"started_at":(%d+),()', MOST_DIGITS)
  take("finished_at", '^"finished_at":(%d+),()', MOST_DIGITS)
  take("token", '^"token":"([^"]+)",()')
  take("redrive", '^"redrive":"([^"]+)",()')
  take("held_until", '^"held_until":(%d+),()', MOST_DIGITS)
  take("crashes", '^"crashes":(%d+),()', 9)
  take("alone", '^"alone":(true),()')
  take("snoozed", '^"snoozed":(%d+),()', MOST_DIGITS)
  take("unknown_since", '^"unknown_since":(%d+),()', MOST_DIGITS)
  take("unknown_tries", '^"unknown_tries":(%d+),()', 9)
  local progress = from <= #head and find(head, '"progress":', from, true)
  if progress then state.progress = sub(head, progress) end
  -- Fields of a later version: every transition keeps them.
  if from <= #head and progress ~= from then state.later = sub(head, from, progress and progress - 1 or #head) end
  return is_whole and state or nil
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
  if state.run_at then head = head .. '"run_at":' .. state.run_at .. "," end
  if state.started_at then head = head .. '"started_at":' .. state.started_at .. "," end
  if state.finished_at then head = head .. '"finished_at":' .. state.finished_at .. "," end
  if state.token then head = head .. '"token":"' .. state.token .. '",' end
  if state.redrive then head = head .. '"redrive":"' .. state.redrive .. '",' end
  if state.held_until then head = head .. '"held_until":' .. state.held_until .. "," end
  if state.crashes then head = head .. '"crashes":' .. state.crashes .. "," end
  if state.alone then head = head .. '"alone":true,' end
  if state.snoozed then head = head .. '"snoozed":' .. state.snoozed .. "," end
  if state.unknown_since then head = head .. '"unknown_since":' .. state.unknown_since .. "," end
  if state.unknown_tries then head = head .. '"unknown_tries":' .. state.unknown_tries .. "," end
  return head .. (state.later or "") .. (state.progress or "")
end

-- Copies a state with some fields changed; false takes a field away.
local function changed(state, changes)
  local after = {}
  for field, value in pairs(state) do after[field] = value end
  for field, value in pairs(changes) do after[field] = value end
  return after
end
