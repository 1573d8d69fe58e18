-- wake: decide whether one more worker is woken, and who waits for what is due soon.
--
-- USES  leases     zset    job id -> lease expiry (ms)
--       wake       string  the flag: a wake-up is in flight, or ("again " and a token) a worker will claim before it expires
--       linger     string  a worker waits for what is due soon: its token, a space, the instant (ms)
--
-- A job pushed before this claim was taken by it or counts as left; one pushed after it finds the flag as we leave it. No
-- flag: the submit wakes. A flag: somebody will claim again before it expires, and sees the job. So no job waits unseen, as
-- long as the worker that set the flag comes back; if it dies, the flag expires, and the tick finds the job.
--
--  left  flag               arrived  promise | flag becomes       wakes
--  yes   none                  -        -    | ours, for wakeMs   yes  unless `running` jobs are leased: no flag, no wake-up
--  yes   our promise           -        -    | ours, for wakeMs   yes  the same
--  yes   a wake-up            yes       -    | ours, for wakeMs   yes  the same: the wake-up was this worker's
--  yes   a wake-up            no        -    | stays              no
--  yes   another's promise     -        -    | stays              no   only the worker that made it takes it back
--  no    any                   -       yes   | our promise        no
--  no    another's promise     -       no    | stays              no
--  no    any other             -       no    | none               no
--   -    the queue is paused    -        -    | stays              no   (pauses.lua)
--
--  left  waits              next job due         | note becomes                       worker waits
--  yes   this worker        -                    | none: it claims again, or leaves   no
--  yes   another, nobody    -                    | stays                              no
--  no    nobody             soon                 | ours, until then                   yes
--  no    this worker        soon                 | ours, until then                   yes
--  no    another, longer    soon                 | ours, until then                   yes
--  no    another            soon, not before     | stays                              no
--  no    this worker        not soon             | none                               no
--  "soon" is within lingerMs, and never for a claim of no jobs; a claim that did not look (sweep 0) leaves the note as it is.

-- with memory full the notes may fail, the claim must not
local function note(key, value, ms) return redis.pcall("SET", key, value, "PX", ms).ok end

local function is_same_worker(token, other) return worker_of(token) == worker_of(other) end

-- `promise_ms`: this worker has room and claims again within this; 0 where it does not. Returns whether to wake.
local function wake_up(flag, token, left, arrived, promise_ms, running, wake_ms)
  if flag == PAUSED then return false end
  local promise = flag and flag:match("^again (.*)$")
  local is_theirs = promise and not is_same_worker(promise, token)
  local is_in_flight = flag and not promise and not arrived
  if not left then
    if promise_ms > 0 then note(wake, "again " .. token, promise_ms) elseif flag and not is_theirs then redis.call("DEL", wake) end
    return false
  end
  if is_theirs or is_in_flight then return false end
  if redis.call("ZCARD", leases) < running then
    note(wake, token, wake_ms)
    return true
  end
  if flag then redis.call("DEL", wake) end
  return false
end

-- `soon`: when the next job is due, where that is soon, else nil. Returns until when to wait, "" where it need not.
local function wait_for(lingering, token, left, soon, now, looked)
  local other, other_until = (lingering or ""):match("^(%S+) (%d+)$")
  local is_ours = other and is_same_worker(other, token)
  if not left and soon and (not other or is_ours or tonumber(other_until) > tonumber(soon)) then
    local wait_ms = math.max(0, tonumber(soon) - tonumber(now))
    return note(linger, token .. " " .. soon, plus(wait_ms, 1000)) and soon or ""
  end
  if is_ours and (left or looked) then redis.call("DEL", linger) end
  return ""
end
