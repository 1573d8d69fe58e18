-- claim: take ready jobs under a token, for a time. Before that, due jobs become ready and expired leases are taken back.
-- Its steps are parts: replay, due, reclaim, unpark, cron, take, wake, sleep. While the queue is paused (parts/pauses.lua) it takes nothing,
-- leaves the wake flag as it is, and waits for nothing but the end of the pause.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         suspects   list    ids of ready jobs that must run apart from others (parts/take.lua)
--         counters   hash    totals
--         wake       string  the wake flag (parts/wake.lua)
--         linger     string  set while a worker waits for a job that is due soon (parts/wake.lua)
--         asleep     string  set while ticks need not look (parts/sleep.lua)
--         paused     string  until when the queue is paused, and since when
--         paused_tasks string the same for tasks
-- KEYS[2] claimed    string  ids that this claim took, in case it is sent again
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] token      string  names this claim: worker "." number; if 20 divides the number, the lowest list comes first
-- ARGV[3] count      int     how many jobs to take, at most; more than 1,000 count as 1,000
-- ARGV[4] holding    int     how many jobs the worker holds; only a worker that holds none takes suspects
-- ARGV[5] arrived    int     1: the first claim of an invocation, so a wake-up in flight was for this worker
-- ARGV[6] againMs    int     the worker promises to claim again within this time; 0: no promise
-- ARGV[7] sweep      int     1: look for due jobs and expired leases first
-- ARGV[8] settings   string  values that are the same for each claim, separated by spaces:
--         leaseMs    int     how long the lease lasts, from now
--         lingerMs   int     wait for a job that is due within this time, unless another worker does
--         wakeMs     int     how long a wake-up may be in flight
--         bytes      int     how many bytes of records and payloads to take, at most; one job is always taken
--         limit      int     how many due ids to look at, and how many expired ids
--         running    int     wake one more worker while fewer jobs than this are leased
--         sleepMs    int     how long ticks may sleep at most, if this claim finds that nothing is due; 0: it is no tick's
--         keepsHistory int   1: count jobs that failed with their worker in the history, too
--         tasks      string  names of the tasks that the worker knows, separated by commas; jobs that other workers did
--                            not know are offered under these names (parts/unknown.lua)
--
-- MOVES    pending -> processing; due: scheduled -> ready list; reclaim: processing -> pending or failed
-- RETURNS  {now, wake, more, until, {record …}, {id, payload … where it has a key}, {reclaimed id, status …}, {ids dropped},
--          isolated, suspects, {paused name, word …}, {schedule, slot, definition …}}
--          wake 1: invoke one more worker. more 1: ready jobs are left. until: claim again then ("": no need)
--          dropped: listed, but without a record, or with one that says that the job is elsewhere. isolated 1: these jobs
--          are suspects, so claim no others before they have ended. suspects 1: there are new ones, for an empty worker.
--          paused name: a task, "" for the queue; its word is "paused", or "resumed" where its time was over. schedule: one
--          whose slot is due, to be fired
-- COSTS    5 if nothing is taken, 11 to 13 for a batch: MGET, TIME, 2 ZRANGE, LMPOP per list, MGET, MSET, ZADD, SET;
--          MGET if payloads have keys, EXISTS and ZCARD if the batch is full; 3 more to move due jobs, 5 more to reclaim,
--          2 more if jobs are on offer; 2 more if one had a unique key until it started, 1 more if the key of one that failed is
--          freed; DEL, and ZREM and HINCRBY for its member, if a pause is over; 1 more if schedules are due; SET if ticks may sleep now
-- REPLAY   the same jobs again, if they are still held under the token, with a fresh lease; more is 1, to be safe. A claim
--          that took nothing left no trace, so it claims as if it were the first
local now_given, token, count_given, holding = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local arrived, again_ms, sweep, settings = ARGV[5] == "1", tonumber(ARGV[6]), ARGV[7] == "1", ARGV[8]
local lease_ms, linger_ms, wake_ms, bytes, limit, running, sleep_ms, keeps_history, tasks = settings:match(("(%d+) "):rep(8) .. "(%S*)$")

local count = math.min(count_given, 1000) -- Lua unpacks 8,000 values at most, and would fail after the jobs have left their lists
local saved, flag, lingering, asleep_until, queue_text, tasks_text = unpack(redis.call("MGET", claimed, wake, linger, asleep, paused, paused_tasks))
local now = clock(now_given)
if saved then return replay(saved, token, flag, lingering, now, lease_ms) end

local pauses = read_pauses(queue_text, tasks_text, now)
local is_paused = pauses.queue ~= nil
if not is_paused and (queue_text or flag == PAUSED) then flag = end_pause(flag) end -- the flag may be left alone: a key may be lost
local missing, due_names, reclaimed, next_due = {}, {}, {}, nil
if sweep then
  next_due = due(now, tonumber(limit), missing, due_names)
  forget_ends(due_names)
  reclaimed = reclaim(now, tonumber(limit), missing, keeps_history)
end

local holds_back = unpark(pauses, missing) -- no job overtakes one that is still parked
local room = (is_paused or holds_back) and 0 or count
local took = take(room, holding, tonumber(bytes), token, now, lease_ms, missing, tasks, pauses)
if took.refusal then return redis.error_reply(took.refusal) end
if #took.ids > 0 then redis.call("SET", claimed, table.concat(took.ids, " "), "PX", lease_ms) end
if #missing > 0 then redis.call("HINCRBY", counters, "missing", #missing) end

local new_suspects = (#reclaimed > 0 or took.new_suspects) and not took.isolated
local may_be_left = not is_paused and (took.may_be_more or new_suspects)
local left = may_be_left and (holds_back or redis.call("EXISTS", suspects, unpack(took.lists)) > 0)
-- a worker that has no room, or that has suspects, must not keep others from being woken
local promise_ms = #took.ids < count and not took.isolated and again_ms or 0
local must_wake = wake_up(flag, token, left, arrived, promise_ms, tonumber(running), wake_ms)
local next_at = next_due
if is_paused then next_at = pauses.queue.until_ms:match("^%d+$") end
local is_soon = next_at and count > 0 and not took.isolated and tonumber(next_at) - tonumber(now) <= tonumber(linger_ms)
local wait_until = wait_for(lingering, token, left, is_soon and next_at, now, sweep or count == 0)
local found_nothing = #took.ids == 0 and not left and #due_names == 0
if found_nothing and now_given == "" then sleep(asleep_until, next_due, now, linger_ms, sleep_ms) end -- it ends by Redis' clock
return {
  now, must_wake and 1 or 0, left and 1 or 0, wait_until,
  took.records, payloads_of(took.with_payload), reclaimed, missing,
  took.isolated and 1 or 0, new_suspects and left and 1 or 0, words_of(pauses), cron(due_names),
}
