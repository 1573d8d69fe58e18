-- settle: report how attempts ended, a whole batch in one call. Fenced: only the claim's token may settle.
-- Its parts: groups reads the arguments, ending says what each outcome does to a job, back where released jobs go, arrive puts
-- all into their places, unknown offers deferred jobs.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         scheduled  zset    job id -> when it may run (ms)
--         leases     zset    job id -> lease expiry (ms)
--         completed  zset    job id -> when it completed (ms)
--         failed     zset    job id -> when it failed (ms)
--         counters   hash    totals
--         asleep     string  set while ticks need not look (parts/sleep.lua)
--         paused_tasks string which tasks are paused (parts/pauses.lua)
--         job        string  job .. id is the key of a record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] keepsHistory int   1: count them in the history, too
-- ARGV[3..] sent     string  groups of similar endings: see parts/groups.lua
--
-- MOVES    processing -> completed; failed: -> failed; retry, deferred, snoozed: -> scheduled; released: -> the front of its ready list,
--          or of the parked ones of its task if that is paused
-- RETURNS  {"n", word …}: the numbers, from 1, of attempts whose token no longer held the lease, each with "cancelled" or
--          "lost"; the others are settled
-- COSTS    6 for a batch with one outcome: TIME, MGET, ZREM, MSET, one ZADD or RPUSH and one HINCRBY per outcome; LPUSH
--          and PEXPIRE per unknown task; BITFIELD with the history (parts/history_counts.lua); DEL where ticks sleep and a job is
--          due later; UNLINK where a unique key is freed, MGET where one is kept
-- REPLAY   the same answer, and nothing changes: the record keeps the token that settled it. If the job has been claimed
--          again (a retry, seconds later), the answer is "lost", although the first run settled it; so it is where that run
--          said "cancelled" of a job that is to run again
local now_given, keeps_history, sent = ARGV[1], ARGV[2] == "1", ARGV

local now = clock(now_given)
local groups, ids = read_groups(sent, 3)
local keys = {}
for i = 1, #ids do keys[i] = job .. ids[i] end
keys[#ids + 1], keys[#ids + 2] = asleep, paused_tasks

local answers, ended, settled, writes, due, totals, count = {}, {}, {}, {}, {}, {}, 0
local zsets, back, offers, freed, kept = { [completed] = {}, [failed] = {}, [scheduled] = {} }, {}, {}, {}, {}
local zset_of = { completed = completed, failed = failed, retry = scheduled, deferred = scheduled, snoozed = scheduled }

local texts = redis.call("MGET", unpack(keys))
local pauses = read_pauses(nil, texts[#ids + 2], now)
for _, group in ipairs(groups) do
  local token, next, before, zset = group.token, group.next, count, zsets[zset_of[group.outcome] or ""]
  for i = group.first, group.last do
    local id, text = ids[i], texts[i]
    local state, body = parse(text)
    if not state or state.token ~= token then
      answers[#answers + 1], answers[#answers + 2] = tostring(i), state and state.status == "cancelled" and "cancelled" or "lost"
    elseif state.held_until then
      answers[#answers + 1], answers[#answers + 2] = tostring(i), "cancelled"
      if not settled[id] then told(id, text, body, state, now, writes, due) end
      settled[id] = true
    elseif state.status == "processing" and not settled[id] then
      settled[id] = true
      local after = next[state] or next_of(group, state, now)
      local at = group.details + (i - group.first) * group.detail_count
      if keeps_history and tally(group.outcome, now) then tally_times(now, group, state, text, body) end
      if group.detail_count > 0 then write_details(writes, group, sent, at, id, text, body) end
      if state.unique then note_key(group, state, id, freed, kept) end
      local n, error = #writes, group.detail_count > 0 and sent[at] or ""
      local record = after.entry and remember(after.head, text, body, after.entry .. error .. "}")
      writes[n + 1], writes[n + 2] = keys[i], record or after.head .. sub(text, body)
      if zset then
        n = #zset
        zset[n + 1], zset[n + 2] = after.run_at or now, id
        if group.outcome == "deferred" then add_offer(offers, id, text, body) end
      else
        give_back(back, pauses, id, state, text, body)
      end
      count = count + 1
      ended[count] = id
    end
  end
  if count > before then totals[group.outcome] = (totals[group.outcome] or 0) + count - before end
end

arrive(zsets, back, texts[#ids + 1])
bring_forward(due)
offer(offers)
keep(kept, writes)
for i = 1, #writes, 4000 do grow(leases, "MSET", unpack(writes, i, math.min(i + 3999, #writes))) end
if count > 0 then
  redis.call("ZREM", leases, unpack(ended))
  if #freed > 0 then redis.call("UNLINK", unpack(freed)) end
  for outcome, n in pairs(totals) do redis.call("HINCRBY", counters, outcome == "retry" and "retried" or outcome, n) end
  write_history(now)
end
return answers
