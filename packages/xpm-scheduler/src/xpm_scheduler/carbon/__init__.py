"""Energy of jobs: estimated by CodeCarbon (the extra `carbon`), in a process beside the jobs.

A job knows nothing of it. A scheduler starts one *meter* process per workspace once a job has run
for some seconds, and tells it which jobs to watch; it measures the machine, gives each job its
share, and writes a record when the job ends (`xpm_store.carbon`). All figures are estimates.
"""
