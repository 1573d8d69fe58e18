-- history: the attempts of a job that failed or were cut off, at the end of its record. What an attempt that completed would
-- say is in the head: readers add it (job.ts).

local KEPT_ATTEMPTS = 10 -- the first one and the last nine

-- a token is its worker's name "." a number
local function worker_of(token) return token and (token:match("^(.*)%.") or token) or "" end

-- Makes the entry for the attempt that ends now, still open: an error (a JSON fragment that begins with a comma) may follow, then "}".
local function entry_of(state, now, outcome, started_at)
  return '{"attempt":' .. (state.retries + 1) .. ',"outcome":"' .. outcome
    .. '","started_at":' .. (started_at or state.started_at or now)
    .. ',"ended_at":' .. now .. ',"worker":"' .. worker_of(state.token) .. '"'
end

-- Makes the record with another head, and the entry at the end of its history.
local function remember(head, text, body, entry)
  local at = text:byte(-2) == 93 and text:find(',"attempts":[', body, true) -- "]": what else a body holds is flat
  if not at then return head .. text:sub(body, -2) .. ',"attempts":[' .. entry .. "]}" end
  local longer = head .. text:sub(body, -3) .. "," .. entry .. "]}"
  local begins, from = {}, #head + 1 + at - body -- where the second entry begins, the third …
  while true do
    from = find(longer, '},{"attempt":', from, true)
    if not from then break end
    begins[#begins + 1], from = from, from + 1
  end
  local surplus = #begins + 1 - KEPT_ATTEMPTS
  return surplus > 0 and longer:sub(1, begins[1]) .. longer:sub(begins[surplus + 1] + 1) or longer
end
