# Stands where the official t2v image can not be pulled: its HTTP API, numbers instead of a model.
FROM python:3.12-slim
COPY t2v_stand_in.py /
USER 1000:1000
CMD ["python3", "-c", "import signal, t2v_stand_in as t\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\nwith t.stand_in(host='0.0.0.0', port=8080):\n    signal.sigwait([signal.SIGTERM])"]
