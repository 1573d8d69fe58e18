-- conflicts: what submit answers where an id or a unique key is taken.

-- A job that came under an Idempotency-Key has the fingerprint of its whole request.
local function fingerprint_of(text) return text:match('"fingerprint":"([^"]+)"') end

-- Gives each job `text`, the record under its id, and `holder`, the id of the job that holds its unique key. `found` are those
-- records, then what the unique keys hold. Returns whether an id is taken, else it can only be a key. Then an earlier run has
-- accepted these jobs: one without a record and without a key was forgotten, and gets the text "". One with a key conflicted, or was
-- forgotten, which nobody knows. Where an id was accepted with another request, none of these jobs may be accepted: each gets
-- a text. COSTS 0 or 1: MGET where a key is taken
local function find_conflicts(jobs, found)
  local at, wanted, is_resent, is_other = #jobs, {}, false, false
  for i, new in ipairs(jobs) do
    if found[i] then
      new.text, is_resent = parse(found[i]) and found[i] or "", true
      is_other = is_other or fingerprint_of(found[i]) ~= fingerprint_of(new.record)
    end
    if new.hash then
      at, new.value = at + 1, found[at + 1]
      if new.value and not found[i] and not new.first then wanted[#wanted + 1] = new end
    end
  end
  find_holders(wanted)
  is_resent = is_resent or at == #jobs
  for _, new in ipairs(jobs) do new.text = new.text or is_resent and (is_other or not new.hash) and "" or nil end
  return is_resent
end

-- Makes submit's answer: a word for each job.
local function words_of(outcome, jobs, must_wake)
  local words = { outcome, must_wake or 0 }
  for i, new in ipairs(jobs) do
    words[i + 2] = new.text or new.first and (new.first.holder or new.first.id) or new.holder or outcome == "exists" and new.record or ""
  end
  return words
end
