-- told: note that the worker of a cancelled job knows of it. From then on another attempt may begin immediately.
--
-- USES  scheduled  zset    job id -> when it may run (ms)
--       asleep     string  set while ticks need not look (sleep.lua)
--       job        string  job .. id is the key of a record
-- TAKES id         string
--       text       string  the record
--       body       int     where its body begins
--       state      table   as the record says
--       now        int     ms since the epoch
--       writes     table   gets the key and the record
--       due        table   gets the instant and the id of a job that was put back meanwhile, for `bring_forward`
--
-- MOVES    nothing; a job that was put back meanwhile is due now
-- RETURNS  nothing
-- COSTS    0; ZADD where a job was put back meanwhile, and DEL where that moved it
-- REPLAY   finds nothing to note
local function told(id, text, body, state, now, writes, due)
  local changes, n = { token = false, held_until = false }, #writes
  if state.status == "pending" then
    changes.run_at, due[#due + 1], due[#due + 2] = now, now, id
  end
  writes[n + 1], writes[n + 2] = job .. id, head_of(changed(state, changes)) .. sub(text, body)
end

-- Makes jobs due that waited for the end of a lease. One that was due has left already.
local function bring_forward(due)
  if #due > 0 and redis.call("ZADD", scheduled, "XX", "CH", unpack(due)) > 0 then redis.call("DEL", asleep) end
end
