-- record: read and write a job's record without decoding what a user wrote. Put in front of the scripts that need it.
--
-- A record is one flat JSON object in two parts. The head, up to "job_id", is the job's state: our own words and
-- numbers, written by scripts alone (after the submit), always anew. The body, from "job_id" on, is what the job is; it ends with the
-- history, "attempts", to which an entry is appended when an attempt fails or is cut off. What one that completes would
-- say is in the head: readers add it (job.ts).
--
-- Searching for a key as raw bytes ("retries":) is safe: inside a JSON string every quote has a backslash before it.
--
-- Scripts that move a job write in this order: into the new place, the record, out of the old place. Wherever one is
-- stopped (Upstash refuses single commands: database or list full), the job is in two places, of which only the one
-- that its record names counts, and never in none.

-- Called for each job of a batch: a local is found sooner than a method.
local byte, find, sub = string.byte, string.find, string.sub

local KEPT_ATTEMPTS = 10 -- the first one and the last nine

-- A head, read. Its fields stand in the order in which `head_of` writes them, so each is looked for just where it may be.
local function read_head(head)
  local status, retries, from = head:match('^{"status":"(%l+)","retries":(%d+),()')
  if not status then return nil end
  local state = { status = status, retries = tonumber(retries) }
  local function take(field, pattern)
    local value, after = head:match(pattern, from)
    if value then state[field], from = value, after end
  end
  take("run_at", '^"run_at":(%d+),()')
  take("started_at", '^"started_at":(%d+),()')
  take("finished_at", '^"finished_at":(%d+),()')
  take("token", '^"token":"([^"]+)",()')
  take("redrive", '^"redrive":"([^"]+)",()')
  if from <= #head then state.progress = head:sub(from) end
  return state
end

-- Every string that Lua makes is hashed byte by byte, which is most of what a script costs. The jobs of a batch mostly
-- have the same head, for they were claimed together: that one is compared, which makes no string, and read once.
local last_head, last_state, last_body

-- A record's state, shared by all that have the same head (so never changed: a transition makes a new one), and where
-- its body begins. nil when the text is no record (evicted, or somebody else's value): callers pass over such a job.
local function parse(text)
  if not text or byte(text, -1) ~= 125 then return nil end
  if last_head and find(text, last_head, 1, true) == 1 then return last_state, last_body end
  local body, ending = text:find('"job_id":', 1, true)
  local state = body and read_head(text:sub(1, body - 1))
  if not state then return nil end
  last_head, last_state, last_body = text:sub(1, ending), state, body
  return state, body
end

local function head_of(state)
  local head = '{"status":"' .. state.status .. '","retries":' .. state.retries .. ","
  if state.run_at then head = head .. '"run_at":' .. state.run_at .. "," end
  if state.started_at then head = head .. '"started_at":' .. state.started_at .. "," end
  if state.finished_at then head = head .. '"finished_at":' .. state.finished_at .. "," end
  if state.token then head = head .. '"token":"' .. state.token .. '",' end
  if state.redrive then head = head .. '"redrive":"' .. state.redrive .. '",' end
  return head .. (state.progress or "")
end

-- A state with some fields changed; false takes a field away.
local function changed(state, changes)
  local after = {}
  for field, value in pairs(state) do after[field] = value end
  for field, value in pairs(changes) do after[field] = value end
  return after
end

-- what the body says, for the few fields that a script decides by; found as plain bytes, which is quick
local function max_retries_of(text, body)
  local _, ending = text:find('"max_retries":', body, true)
  return ending and tonumber(text:match("^%d+", ending + 1)) or 0
end
local function priority_of(text, body)
  local _, ending = text:find('"priority":"', body, true)
  return ending and text:match("^%l+", ending + 1) or "normal"
end
-- it stands behind the id ("p" is 112); in a record of an earlier version further back
local function payload_bytes_of(text, body, id)
  local comma = body + #id + 11
  if byte(text, comma + 2) == 112 then return tonumber(text:match('^,"payload_bytes":(%d+)', comma)) or 0 end
  local _, ending = find(text, '"payload_bytes":', comma, true)
  return ending and tonumber(text:match("^%d+", ending + 1)) or 0
end

-- a token is its worker's name "." a number
local function worker_of(token) return token and (token:match("^(.*)%.") or token) or "" end

-- The history's entry for the attempt that just ended. `error` is "" or a JSON fragment that begins with a comma.
local function entry_of(state, now, outcome, error)
  return '{"attempt":' .. (state.retries + 1) .. ',"outcome":"' .. outcome .. '","started_at":' .. (state.started_at or now)
    .. ',"ended_at":' .. now .. ',"worker":"' .. worker_of(state.token) .. '"' .. error .. "}"
end

-- The record with a new head, and the entry at the end of its history.
local function remember(head, text, body, entry)
  local at = text:byte(-2) == 93 and text:find(',"attempts":[', body, true) -- "]": what else a body holds is flat
  if not at then return head .. text:sub(body, -2) .. ',"attempts":[' .. entry .. "]}" end
  local longer = head .. text:sub(body, -3) .. "," .. entry .. "]}"
  local _, count = text:sub(at):gsub('{"attempt":', "")
  for _ = KEPT_ATTEMPTS, count do
    local second = longer:find('},{"attempt":', #head + 1 + at - body, true)
    local third = second and longer:find('},{"attempt":', second + 1, true)
    if not third then break end
    longer = longer:sub(1, second) .. longer:sub(third + 1)
  end
  return longer
end

-- ms since the epoch, as text: Lua would print a number this long as 1.79e+12
local function clock(injected)
  if injected ~= "" then return injected end
  local time = redis.call("TIME")
  return string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
end

local function plus(instant, ms) return string.format("%.0f", tonumber(instant) + tonumber(ms)) end

-- A write that a worker must be able to make with memory full. Redis then refuses a script's first write, unless that
-- is a removal: so after a refusal, one of nothing from this zset, and again.
local function grow(zset, ...)
  local reply = redis.pcall(...)
  if type(reply) ~= "table" or not reply.err then return reply end
  redis.call("ZREM", zset, "")
  return redis.call(...)
end
