-- ending: what the end of an attempt makes of its job.
--
-- USES  job          string  job .. id is the key of a record
--       RESULT       string  job .. id .. RESULT is the key of a result
--       ERROR        string  the same for the newest error, whole
--       FIRST_ERROR  string  the same for the first error, whole
--       LOG          string  the same for the last log lines

-- The details that an ending of each outcome has, in order: the suffix of the key that keeps it unchanged. `false`: the error's
-- name and first line, '' or ',"error":…,"message":…', for the history.
local DETAILS = {
  completed = { RESULT, LOG },
  retry = { false, ERROR, LOG },
  failed = { false, ERROR, LOG },
  deferred = { LOG },
  snoozed = { LOG },
  released = {},
}

-- The changes to a job's state, by outcome. `state` is the one that it had. A job that ended, well or not, has not crashed
-- its process: it is no longer a suspect. All but a deferral come from a worker that knows the task.
local CHANGES = {
  completed = function(_, group, now)
    return { status = "completed", finished_at = now, started_at = group.started_at or nil, crashes = false, alone = false }
  end,
  retry = function(state, group, now)
    return {
      status = "pending", retries = state.retries + 1, run_at = plus(now, group.delay_ms), started_at = false, progress = false,
      crashes = false, alone = false,
    }
  end,
  failed = function(_, group, now)
    return { status = "failed", finished_at = now, started_at = group.started_at or nil, crashes = false, alone = false }
  end,
  deferred = function(state, group, now)
    return {
      status = "pending", run_at = plus(now, group.delay_ms), unknown_since = state.unknown_since or now,
      unknown_tries = plus(state.unknown_tries or 0, 1), started_at = false, progress = false, alone = false,
    }
  end,
  released = function(_, _, now)
    return { status = "pending", run_at = now, started_at = false, progress = false, alone = false }
  end,
  snoozed = function(state, group, now)
    return {
      status = "pending", run_at = plus(now, group.delay_ms), snoozed = plus(state.snoozed or 0, group.delay_ms),
      started_at = false, progress = false, crashes = false, alone = false,
    }
  end,
}

-- Outcomes of attempts that need not have begun: with a start they had. Once one has begun, the job expires no more, and a unique key
-- that it had until then is spent.
local GIVEN_BACK = { deferred = true, released = true }

-- Makes the next head, when the job may run, and the entry of its history, still open: once for all jobs of a group
-- that were claimed together, and kept in the group.
local function next_of(group, state, now)
  local changes, entry = CHANGES[group.outcome](state, group, now), nil
  if group.outcome ~= "deferred" then changes.unknown_since, changes.unknown_tries = false, false end
  if group.started_at or not GIVEN_BACK[group.outcome] then changes.expires_at, changes.unique = false, spent(state.unique) end
  if DETAILS[group.outcome][1] == false then entry = entry_of(state, now, "failed", group.started_at) end
  group.next[state] = { head = head_of(changed(state, changes)), run_at = changes.run_at, entry = entry }
  return group.next[state]
end

-- Adds to `writes` (key, value …) what an ending writes besides the record. `at` is where its details begin in `sent`.
local function write_details(writes, group, sent, at, id, text, body)
  local n = #writes
  for i, suffix in ipairs(DETAILS[group.outcome]) do
    local value = i <= group.detail_count and suffix and sent[at + i - 1] or ""
    if value ~= "" then
      writes[n + 1], writes[n + 2], n = job .. id .. suffix, value, n + 2
      if suffix == ERROR and not find(text, '"outcome":"failed"', body, true) then -- the first, as far as its history goes
        writes[n + 1], writes[n + 2], n = job .. id .. FIRST_ERROR, value, n + 2
      end
    end
  end
end
